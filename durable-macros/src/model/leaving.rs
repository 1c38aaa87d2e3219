//! Code that ends its function, or its branch, so that nothing after it runs.

use syn::{Block, Expr, Macro, Stmt};

/// Whether a block ends in something that does not come back.
pub(super) fn block(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(last, _)) => expr(last),
        Some(Stmt::Macro(last)) => panics(&last.mac),
        _ => false,
    }
}

/// Whether an expression ends in something that does not come back. A `break` or a `continue` does: the loop goes on, or
/// what follows it.
pub(super) fn expr(expr: &Expr) -> bool {
    match expr {
        Expr::Return(_) => true,
        Expr::Block(expr) => expr.label.is_none() && block(&expr.block),
        Expr::Macro(expr) => panics(&expr.mac),
        Expr::If(expr) => {
            let otherwise = expr.else_branch.as_ref();
            block(&expr.then_branch) && otherwise.is_some_and(|(_, otherwise)| self::expr(otherwise))
        }
        Expr::Match(expr) => expr.arms.iter().all(|arm| self::expr(&arm.body)),
        _ => false,
    }
}

fn panics(mac: &Macro) -> bool {
    let last = mac.path.segments.last();
    last.is_some_and(|last| {
        ["panic", "todo", "unreachable", "unimplemented", "bail"].iter().any(|name| last.ident == name)
    })
}
