//! The execution that a word means: an ARN, an id, the end of an id, or a name.

use durable_core::store::{Query, Summary};

use crate::arn::{Arns, execution_id};

/// The most executions that a short word may mean.
const MOST_MEANT: u32 = 20;
/// The fewest digits of an id that are worth a search.
const LEAST_DIGITS: usize = 4;

/// What to look for, one query after the other until one finds something. Exact meanings come before the end of an id.
pub fn meanings(word: &str, function: Option<&str>) -> Vec<Query> {
    let mut base = Query::new().limit(MOST_MEANT);
    if let Some(function) = function {
        base = base.function(function);
    }
    let mut queries = vec![match execution_id(word).or_else(|| word.parse().ok()) {
        Some(id) => base.clone().id_suffix(id.to_string()),
        None => base.clone().name(word),
    }];
    let digits = word.chars().filter(|digit| *digit != '-').count();
    if digits >= LEAST_DIGITS && word.chars().all(|digit| digit.is_ascii_hexdigit() || digit == '-') {
        queries.push(base.id_suffix(word));
    }
    queries
}

/// Whether an execution that was found is meant: all of an ARN has to be right.
pub fn is_meant(arns: &Arns, word: &str, found: &Summary) -> bool {
    !word.starts_with("arn:") || arns.of_summary(found) == word
}
