//! What the code between the operations uses: paths, macros and methods, for the lints to judge.

use std::cell::Cell;
use std::rc::Rc;

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Expr, Pat};

use super::readable;
use crate::report::code;

/// Code that is longer is not repeated in a message.
const LONGEST: usize = 80;

/// The attribute that holds the number of a use.
pub(crate) const NUMBER: &str = "__use";

/// Everything that was found, and the lints that are switched off somewhere.
#[derive(Default)]
pub(crate) struct Uses {
    pub(crate) found: Vec<Use>,
    pub(crate) allowances: Vec<Allowance>,
}

/// One use of something that a lint may know.
pub(crate) struct Use {
    /// The smallest piece of code that shows it.
    pub(crate) at: TokenStream,
    pub(crate) what: Used,
    /// The number on the call or macro that it is made by, where that can be replaced.
    pub(crate) number: Option<usize>,
    /// The call that it is made for.
    pub(super) call: Option<Expr>,
    /// The `let` whose value it is a part of: the variable and the value.
    pub(super) binding: Option<Rc<(Pat, Expr)>>,
    /// The allowances that it stands under.
    pub(super) allowances: Vec<usize>,
}

/// What is used.
pub(crate) enum Used {
    Path(UsedPath),
    /// A macro's path, likewise.
    Macro(Vec<String>),
    Method(Method),
    /// A `static mut`.
    MutableStatic,
}

/// A path.
#[derive(Default)]
pub(crate) struct UsedPath {
    /// Its names, as they would be written without `use` lines in the body.
    pub(crate) names: Vec<String>,
    /// What it could be because of a `use …::*` in the body.
    pub(crate) globbed: Vec<Vec<String>>,
    /// Whether its call is awaited.
    pub(crate) awaited: bool,
    /// Whether what its call gives is used as a number or the like at once, as no operation can be.
    pub(crate) is_value: bool,
    /// Whether a closure or an `async` block is all that it is called with.
    pub(crate) runs_code: bool,
    /// Whether it is called with a `STATIC` first.
    pub(crate) on_static: bool,
}

/// A method call.
pub(crate) struct Method {
    pub(crate) name: String,
    pub(crate) arguments: usize,
    /// Whether an argument is an `Ordering` of atomics.
    pub(crate) has_ordering: bool,
    /// Whether the call is awaited.
    pub(crate) awaited: bool,
    /// Whether it is called on a `STATIC`.
    pub(crate) on_static: bool,
    /// Whether a closure or an `async` block is its only argument.
    pub(crate) runs_code: bool,
    /// What is done with the result at once: the method that is called on it, `?`, or `Some` where that is matched.
    pub(crate) next: Option<String>,
}

/// One name in an `allow(…)`.
pub(crate) struct Allowance {
    pub(crate) slug: Ident,
    pub(crate) used: Cell<bool>,
}

impl Use {
    /// What `#[step]` could stand on, to paste: the whole `let` if it is short and performs nothing, else a new one.
    pub(crate) fn as_step(&self, variable: &str) -> String {
        let whole = self.binding.as_deref().filter(|(_, value)| !readable::is_async(&value.to_token_stream()));
        if let Some((variable, value)) = whole.map(|(variable, value)| (code(variable), code(value)))
            && value.len() <= LONGEST
        {
            return format!("#[step] let {variable} = {value};");
        }
        let call = self.call.as_ref().map(code).filter(|call| call.len() <= LONGEST);
        format!("#[step] let {variable} = {};", call.unwrap_or_else(|| format!("{}(…)", code(&self.at))))
    }

    /// The last name of a path, as it is called where it is defined.
    pub(crate) fn name(&self) -> &str {
        match &self.what {
            Used::Path(UsedPath { names, .. }) | Used::Macro(names) => {
                names.last().map(String::as_str).unwrap_or_default()
            }
            Used::Method(method) => &method.name,
            Used::MutableStatic => "",
        }
    }
}

impl Uses {
    /// Whether this lint is switched off here; the `allow` counts as used then.
    pub(crate) fn allows(&self, used: &Use, slug: &str) -> bool {
        self.allowed_by(&used.allowances, slug)
    }

    pub(super) fn allowed_by(&self, active: &[usize], slug: &str) -> bool {
        let mut allowances = active.iter().rev().filter_map(|number| self.allowances.get(*number));
        let allowance = allowances.find(|allowance| allowance.slug == slug);
        allowance.inspect(|allowance| allowance.used.set(true)).is_some()
    }
}
