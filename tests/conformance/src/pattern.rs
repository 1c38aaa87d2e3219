//! The notation of expected histories.
//!
//! One word for each event, from event 2 on. A letter says what it is about: `S` step, `W` wait, `C` context, `K`
//! callback, `I` invoke, `X` execution; a sign what happened: `0` started, `+` succeeded, `-` failed, `t` timed out. A
//! dot is the end of an invocation. `..` stands for any events. So a step that is repeated once is
//! `S0 S-~1#1 . S0 S+#2 . X+`. What may follow a word:
//!
//! | | |
//! |---|---|
//! | `~2`, `~0-5`, `~*` | the delay before the next attempt, in seconds; without it there must be none |
//! | `#2` | the number of the attempt |
//! | `:name` | the operation's name |
//! | `[Parallel,60]` | facts: the sub-type, the seconds of a wait, `timeout=5`, `tenant=a`, `replayed`, … |
//! | `` =`text` `` | the payload, byte for byte, or the error's message; an empty text is no payload |
//! | `` %`text` `` | a part of the payload or the message |
//! | `` !`Type` `` | the end of the error's type name; an invocation with one has crashed |

/// An expected history.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pattern {
    /// From event 2 on.
    pub head: Vec<Expected>,
    /// After `..`: the last events.
    pub tail: Option<Vec<Expected>>,
}

/// An expected event.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expected {
    /// The word itself.
    pub text: String,
    pub symbol: String,
    pub delay: Option<(u32, u32)>,
    pub attempt: Option<u32>,
    pub name: Option<String>,
    pub facts: Vec<String>,
    pub payload: Option<String>,
    pub part: Option<String>,
    pub error_type: Option<String>,
}

/// A word that is not of this notation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` can't be read from `{rest}` on")]
pub struct BadPattern {
    /// The word.
    pub word: String,
    /// Where reading ended.
    pub rest: String,
}

impl Pattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, BadPattern> {
        let mut pattern = Self::default();
        for word in words(text) {
            if word == ".." {
                pattern.tail = Some(Vec::new());
                continue;
            }
            pattern.tail.as_mut().unwrap_or(&mut pattern.head).push(event(word)?);
        }
        Ok(pattern)
    }

    /// Whether the execution ends.
    pub fn ends(&self) -> bool {
        let last = self.tail.as_ref().unwrap_or(&self.head).last();
        last.is_some_and(|last| last.symbol.starts_with('X'))
    }
}

/// Splits at white space outside of quotes.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let split = move |c: char| {
        quoted ^= c == '`';
        !quoted && c.is_whitespace()
    };
    text.split(split).filter(|word| !word.is_empty())
}

fn event(word: &str) -> Result<Expected, BadPattern> {
    let head = if word.starts_with('.') { 1 } else { 2 };
    let bad = |rest: &str| BadPattern { word: word.to_owned(), rest: rest.to_owned() };
    let (symbol, mut rest) = word.split_at_checked(head).ok_or_else(|| bad(word))?;
    let mut expected = Expected { text: word.to_owned(), symbol: symbol.to_owned(), ..Expected::default() };
    while !rest.is_empty() {
        rest = expected.qualify(rest).ok_or_else(|| bad(rest))?;
    }
    Ok(expected)
}

impl Expected {
    /// Takes in the next qualification; returns what follows it.
    fn qualify<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let mut letters = text.chars();
        let sign = letters.next()?;
        let text = letters.as_str();
        let (value, rest) = match sign {
            '=' | '%' | '!' => text.strip_prefix('`')?.split_once('`')?,
            '[' => text.split_once(']')?,
            _ => text.split_at(text.find(['~', '#', ':', '[', '=', '%', '!']).unwrap_or(text.len())),
        };
        match sign {
            '~' => self.delay = Some(delay(value)?),
            '#' => self.attempt = Some(value.parse().ok()?),
            ':' => self.name = Some(value.to_owned()),
            '[' => self.facts = value.split(',').map(str::to_owned).collect(),
            '=' => self.payload = Some(value.to_owned()),
            '%' => self.part = Some(value.to_owned()),
            '!' => self.error_type = Some(value.to_owned()),
            _ => return None,
        }
        Some(rest)
    }
}

fn delay(text: &str) -> Option<(u32, u32)> {
    if text == "*" {
        return Some((0, u32::MAX));
    }
    let (least, most) = text.split_once('-').unwrap_or((text, text));
    Some((least.parse().ok()?, most.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_their_qualifications() {
        let pattern = Pattern::parse("S0:greet[Step] S-~0-5#1!`E` . .. X+=`\"a b\"`").unwrap();
        let [start, failure, end] = pattern.head.as_slice() else { panic!("{pattern:?}") };
        assert_eq!((start.name.as_deref(), start.facts.as_slice()), (Some("greet"), &["Step".to_owned()][..]));
        assert_eq!((failure.delay, failure.attempt, failure.error_type.as_deref()), (Some((0, 5)), Some(1), Some("E")));
        assert_eq!(end.symbol, ".");
        assert_eq!(pattern.tail.unwrap()[0].payload.as_deref(), Some("\"a b\""));
    }

    #[test]
    fn what_is_not_of_the_notation_is_refused() {
        for text in ["S", "S0?", "S-~x", "S-#", "X+=a", "W0[60"] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }
}
