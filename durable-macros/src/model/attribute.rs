//! Finds `#[step]` on a piece of code.

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Item, Meta, Path, Token};

/// The attributes of a piece of syntax, if it is one of these kinds.
macro_rules! attrs {
    ($syntax:ident: $ty:ident, $($kind:ident)*) => {
        match $syntax {
            $($ty::$kind(syntax) => Some(&mut syntax.attrs),)*
            _ => None,
        }
    };
}

/// Whether a path is `step`, or `step` in `durable`, whatever that is called here. No other attribute of that name can
/// stand on a line.
fn is_step_path(path: &Path) -> bool {
    path.segments.last().is_some_and(|last| last.ident == "step")
}

/// Whether an attribute is `#[step]` or `#[step(…)]`.
pub(super) fn is_step(attribute: &Attribute) -> bool {
    is_step_path(attribute.path())
}

/// Whether an attribute is `#[durable(…)]`.
pub(super) fn is_durable(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "durable")
}

/// Takes the first `#[durable(…)]` off.
pub(super) fn take_durable(attrs: &mut Vec<Attribute>) -> Option<Attribute> {
    let position = attrs.iter().position(is_durable)?;
    Some(attrs.remove(position))
}

/// Takes off a note that an earlier look at the code has left: `__unordered`, that the order of the items may be
/// unknown; `__misplaced`, that an error says already that the step can't stand here.
pub(super) fn take_note(attrs: &mut Vec<Attribute>, note: &str) -> bool {
    let before = attrs.len();
    attrs.retain(|attribute| !attribute.path().is_ident(note));
    attrs.len() < before
}

/// Takes off every `#[cfg_attr(…, step)]`, which only rustc could read.
pub(super) fn take_configured(attrs: &mut Vec<Attribute>) -> Vec<Attribute> {
    let (configured, others) = std::mem::take(attrs).into_iter().partition(is_configured_step);
    *attrs = others;
    configured
}

fn is_configured_step(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    if !list.path.is_ident("cfg_attr") {
        return false;
    }
    let metas = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    metas.is_ok_and(|metas| metas.iter().skip(1).any(|meta| is_step_path(meta.path())))
}

/// The attributes of an item, unless it can be a step.
pub(super) fn of_item(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    attrs!(item: Item, Const Enum ExternCrate ForeignMod Impl Macro Mod Static Struct Trait TraitAlias Type Union Use)
}

/// Takes the first `#[step]` off.
pub(super) fn take(attrs: &mut Vec<Attribute>) -> Option<Attribute> {
    let position = attrs.iter().position(is_step)?;
    Some(attrs.remove(position))
}

/// Takes the first `#[step]` off an expression.
pub(super) fn take_from(expr: &mut Expr) -> Option<Attribute> {
    take(of(expr)?)
}

/// The first `#[step]` on an expression.
pub(super) fn find_on(expr: &mut Expr) -> Option<Attribute> {
    of(expr)?.iter().find(|attribute| is_step(attribute)).cloned()
}

/// The attributes of an expression, when its kind can have any.
pub(super) fn of(expr: &mut Expr) -> Option<&mut Vec<Attribute>> {
    attrs!(expr: Expr,
        Array Assign Async Await Binary Block Break Call Cast Closure Const Continue Field ForLoop Group If Index
        Infer Let Lit Loop Macro Match MethodCall Paren Path Range RawAddr Reference Repeat Return Struct Try TryBlock
        Tuple Unary Unsafe While Yield
    )
}
