//! What a function is: its signature, and every place in its body that performs an operation.

mod attribute;
mod body;
mod callback;
pub(crate) mod chain;
mod facts;
mod mark;
mod name;
mod position;
mod readable;
mod signature;

pub(crate) use body::Body;
pub(crate) use facts::{Facts, Hidden, Misplaced, Point, Position, StepFacts};
pub(crate) use mark::{Argument, Mark, Marks};
pub(crate) use name::Name;
pub(crate) use signature::{Signature, borrowed, unnamed};

use syn::{Attribute, Block, Visibility};

use crate::args::{Retry, Text};
use crate::mint::Root;
use crate::parse;
use crate::report::Errors;

/// A durable function.
pub(crate) struct Function {
    pub(crate) root: Root,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: String,
    pub(crate) version: Option<Text>,
    pub(crate) signature: Signature,
    pub(crate) body: Body,
}

impl Function {
    pub(crate) fn read(parsed: parse::Durable, errors: &mut Errors) -> Self {
        let parse::Durable { args, item } = parsed;
        let signature = Signature::read(item.sig);
        Self {
            root: Root::new(args.root),
            attrs: item.attrs,
            visibility: item.vis,
            name: args.name.map_or_else(|| name::plain(&signature.written.ident), |name| name.value()),
            version: args.version,
            signature,
            body: Body::read(*item.block, errors),
        }
    }
}

/// A function that is a step by its definition.
pub(crate) struct StepFunction {
    pub(crate) root: Root,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) name: String,
    pub(crate) retry: Option<Retry>,
    pub(crate) signature: Signature,
    pub(crate) body: Block,
}

impl StepFunction {
    pub(crate) fn read(parsed: parse::Step) -> Self {
        let parse::Step { args, item } = parsed;
        let signature = Signature::read(item.sig);
        Self {
            root: Root::new(args.root),
            attrs: item.attrs,
            visibility: item.vis,
            name: args.name.map_or_else(|| name::plain(&signature.written.ident), |name| name.value()),
            retry: args.retry,
            signature,
            body: *item.block,
        }
    }
}
