//! Where a `#[step]` can't stand.

use syn::{Attribute, Expr, parse_quote};

use super::attribute;
use super::facts::Position;

/// What is wrong with a step on this expression, if anything.
pub(super) fn of_step(expr: &mut Expr) -> Option<Position> {
    if attribute::of(expr).is_some_and(|attrs| !attrs.is_empty()) {
        return Some(Position::Attributes);
    }
    match expr {
        Expr::If(_) => Some(Position::Keyword("if")),
        Expr::Match(_) => Some(Position::Keyword("match")),
        Expr::ForLoop(_) => Some(Position::Keyword("for")),
        Expr::While(_) => Some(Position::Keyword("while")),
        Expr::Loop(_) => Some(Position::Keyword("loop")),
        Expr::Return(_) => Some(Position::Jump("return")),
        Expr::Break(_) => Some(Position::Jump("break")),
        Expr::Block(_) | Expr::Unsafe(_) | Expr::Const(_) | Expr::TryBlock(_) => Some(Position::Block),
        Expr::Async(_) => Some(Position::AsyncBlock),
        Expr::Closure(_) => Some(Position::Closure),
        Expr::Assign(_) => Some(Position::Assignment),
        Expr::Range(_) => Some(Position::Range),
        Expr::Let(_) => Some(Position::Let),
        Expr::Verbatim(_) | Expr::Continue(_) | Expr::Infer(_) | Expr::Yield(_) => Some(Position::Elsewhere),
        _ => None,
    }
}

/// The steps on operands of this expression that can't work. What an assignment's would be is unclear, so it is taken off.
pub(super) fn refused_operands(expr: &mut Expr) -> Vec<(Attribute, Position)> {
    let (operands, position) = match expr {
        Expr::Assign(expr) => {
            let operands = [&mut expr.left, &mut expr.right].into_iter();
            return operands
                .filter_map(|operand| Some((attribute::take_from(operand)?, Position::Assignment)))
                .collect();
        }
        Expr::Binary(expr) => (vec![&mut expr.left, &mut expr.right], Position::Operand),
        Expr::Cast(expr) => (vec![&mut expr.expr], Position::Cast),
        Expr::Range(expr) => (expr.start.iter_mut().chain(&mut expr.end).collect(), Position::Range),
        Expr::Reference(expr) => (vec![&mut expr.expr], Position::Reference),
        Expr::RawAddr(expr) => (vec![&mut expr.expr], Position::Reference),
        Expr::Unary(expr) => (vec![&mut expr.expr], Position::Unary),
        Expr::Let(expr) => (vec![&mut expr.expr], Position::Let),
        _ => return Vec::new(),
    };
    let refused = operands.into_iter().filter_map(|operand| {
        let step = attribute::find_on(operand)?;
        attribute::of(operand)?.push(parse_quote!(#[__misplaced]));
        Some((step, position))
    });
    refused.collect()
}
