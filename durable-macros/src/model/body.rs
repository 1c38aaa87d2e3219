//! Reads a body: finds what it performs, notes the facts, marks what the writing stage replaces.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Block, Expr, ExprAwait, ExprCall, ExprClosure, ExprConst, ExprForLoop, ExprIf, ExprMatch,
    ExprMethodCall, ExprTuple, Ident, Item, Local, Macro, PatIdent, Stmt, StmtMacro, Type,
};

use super::bound::{Bound, Operation};
use super::chain::Part;
use super::facts::{Misplaced, Point, Position};
use super::plan::{self, Kind, Node};
use super::{
    Facts, Hidden, Mark, Marks, Name, attribute, callback, chain, inside, leaving, mark, name, position, readable,
    signature,
};
use crate::args::{self, StepArgs};
use crate::report::{Errors, Report, start_of};

/// A body with its marks, and what was seen in it.
pub(crate) struct Body {
    pub(crate) block: Block,
    pub(crate) marks: Marks,
    pub(crate) facts: Facts,
    pub(crate) plan: Vec<Node>,
}

impl Body {
    /// Reads a body; `misplaced` are the `#[step]`s on parameters.
    pub(super) fn read(misplaced: Vec<Attribute>, mut block: Block, errors: &mut Errors) -> Self {
        let mut reader = Reader {
            marks: Marks::default(),
            facts: Facts::default(),
            plan: plan::Builder::default(),
            standing: Standing::default(),
            counter: 0,
            binding: None,
            bound: Bound::default(),
            group: None,
            gives_numbers: false,
            errors,
        };
        for step in misplaced {
            reader.misplaced(step, Position::Parameter);
        }
        reader.visit_block_mut(&mut block);
        let Reader { marks, facts, plan, .. } = reader;
        Self { block, marks, facts, plan: plan.finish() }
    }
}

struct Reader<'a> {
    marks: Marks,
    facts: Facts,
    plan: plan::Builder,
    standing: Standing,
    /// Numbers scopes and branchings.
    counter: usize,
    /// The variable of the `let` whose value is being read.
    binding: Option<Ident>,
    /// The variables that hold an operation which is not awaited yet.
    bound: Bound,
    /// The name of the operation whose constructor is read next, if it takes a tuple of operations.
    group: Option<String>,
    /// Whether an element of the tuple that was read last is called by its number.
    gives_numbers: bool,
    errors: &'a mut Errors,
}

/// Where the reader stands.
#[derive(Clone, Default)]
struct Standing {
    scope: usize,
    arms: Vec<(usize, usize)>,
    loops: Vec<usize>,
    /// The `cfg`s of the statements and arms around.
    cfgs: Vec<Attribute>,
    in_sync_closure: bool,
}

impl Reader<'_> {
    fn number(&mut self) -> usize {
        self.counter += 1;
        self.counter
    }

    /// Reads something that stands elsewhere, and comes back.
    fn within(&mut self, standing: Standing, read: impl FnOnce(&mut Self)) {
        let outside = std::mem::replace(&mut self.standing, standing);
        read(self);
        self.standing = outside;
    }

    /// Reads a context of its own: an `async` block or closure.
    fn scope(&mut self, read: impl FnOnce(&mut Self)) {
        let scope = self.number();
        let cfgs = self.standing.cfgs.clone();
        self.within(Standing { scope, cfgs, ..Standing::default() }, read);
    }

    /// Reads one arm of a `match` or `if`.
    fn arm(&mut self, branching: usize, arm: usize, at: Span, read: impl FnOnce(&mut Self)) -> Node {
        let mut standing = self.standing.clone();
        standing.arms.push((branching, arm));
        let outside = self.plan.open();
        self.within(standing, read);
        self.plan.close_arm(outside, at)
    }

    /// Reads code after which nothing else of its scope runs, if it `leaves`.
    fn leaving(&mut self, leaves: bool, read: impl FnOnce(&mut Self)) {
        let before = self.facts.points.len();
        read(self);
        let after = self.facts.points.len();
        for point in self.facts.points.iter_mut().skip(before).filter(|_| leaves) {
            point.last_before.get_or_insert(after);
        }
    }

    /// Reads code that may run several times.
    fn repeated(&mut self, at: Span, read: impl FnOnce(&mut Self)) {
        let outside = self.plan.open();
        let mut standing = self.standing.clone();
        standing.loops.push(self.number());
        self.within(standing, read);
        self.plan.close_loop(outside, at);
    }

    /// Reads what is compiled under these attributes only.
    fn configured(&mut self, attrs: &[Attribute], read: impl FnOnce(&mut Self)) {
        let cfgs: Vec<Attribute> = attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect();
        if cfgs.is_empty() {
            return read(self);
        }
        let mut standing = self.standing.clone();
        standing.cfgs.extend_from_slice(&cfgs);
        let outside = self.plan.open();
        self.within(standing, read);
        self.plan.close_configured(outside, &cfgs);
    }

    fn misplaced(&mut self, at: impl ToTokens, position: Position) {
        self.facts.misplaced.push(Misplaced { at: at.into_token_stream(), position });
    }

    fn point(&mut self, at: impl ToTokens, name: Name, binding: Option<Ident>) -> Point {
        let Standing { scope, arms, loops, cfgs, in_sync_closure } = self.standing.clone();
        Point {
            number: self.facts.points.len(),
            at: at.into_token_stream(),
            name,
            binding,
            scope,
            arms,
            loops,
            last_before: None,
            cfgs,
            in_sync_closure,
            misplaced: false,
            recorded: true,
            is_join: false,
            step: None,
            was: None,
        }
    }

    fn read_step(&mut self, attribute: &Attribute, expr: &mut Expr, binding: Option<Ident>, ty: Option<Type>) {
        self.facts.steps.push(attribute.path().clone());
        let args: StepArgs = args::read_attribute(&attribute.meta, self.errors);
        if let Some(root) = &args.root {
            let report = Report::at(root, "`crate` stands on a step inside a function");
            self.errors.push_mild(report.help("put it on the function: `#[durable(crate = \"…\")]`"));
        }
        if args.blocking.is_present() {
            let report = Report::at_span(args.blocking.span(), "`blocking` stands on a line, whose code may borrow");
            let report = report.help("put `#[step(blocking)]` on a function with owned arguments, and call that here");
            self.errors
                .push_mild(report.help("or run what blocks on a thread of its own: `durable::blocking(move || …)`"));
        }
        let misplaced = attribute::of(expr).is_some_and(|attrs| attribute::take_note(attrs, "__misplaced"));
        if let Some(position) = position::of_step(expr) {
            return self.misplaced(attribute, position);
        }
        let facts = chain::facts(expr);
        let name = name::of_step(&args, chain::base(expr), binding.as_ref());
        let text = name.text();
        self.plan.step(&name, start_of(expr), &args);
        let point = self.point(attribute, name, binding);
        let was = args.was.clone();
        self.facts.points.push(Point { step: Some(facts), misplaced, was, ..point });
        let ty = ty.filter(|_| chain::is_whole(expr));
        self.read_around_step(expr);
        if let Some(attrs) = attribute::of(expr) {
            self.marks.put(attrs, Mark::Step { name: text, attempts: Box::new(args.attempts()), ty });
        }
    }

    /// What follows a step's await is not part of the step.
    fn read_around_step(&mut self, expr: &mut Expr) {
        chain::parts(expr, &mut |part| match part {
            Part::Step(body) => self.facts.inside_steps.extend(inside::of_step(body)),
            Part::Beside(expr) => self.visit_expr_mut(expr),
        });
    }

    fn read_await(&mut self, expr: &mut ExprAwait, binding: Option<Ident>) {
        let awaited = callback::awaited(&expr.base);
        let operation = self.bound.operation(&expr.base, binding.as_ref());
        let text = operation.name.text();
        let recorded = !awaited.is_some_and(callback::is_created);
        let (at, outside) = (start_of(&expr.base), self.plan.open());
        self.group = operation.kind.takes_a_tuple().then(|| text.clone());
        self.gives_numbers = false;
        match callback::unparenthesised(&mut expr.base) {
            Expr::MethodCall(call) if callback::is_await(call) => visit_mut::visit_expr_method_call_mut(self, call),
            base => self.visit_expr_mut(base),
        }
        self.close_operation(outside, recorded.then_some(&operation), at);
        let is_join = operation.kind == plan::JOIN;
        // A `join` records nothing itself, but its elements may be called by its name and a number.
        let recorded = recorded && (!is_join || self.gives_numbers);
        let point = self.point(expr.await_token, operation.name, binding);
        self.facts.points.push(Point { recorded, is_join, ..point });
        self.marks.put(&mut expr.attrs, Mark::Await(text));
    }

    fn read_await_callback(&mut self, call: &mut ExprMethodCall, binding: Option<Ident>) {
        let operation = self.bound.operation(&call.receiver, binding.as_ref());
        let text = operation.name.text();
        let recorded = !callback::is_created(&call.receiver);
        let (at, outside) = (start_of(&call.receiver), self.plan.open());
        visit_mut::visit_expr_method_call_mut(self, call);
        self.close_operation(outside, recorded.then_some(&operation), at);
        let point = self.point(&call.method, operation.name, binding);
        self.facts.points.push(Point { recorded, ..point });
        self.marks.put(&mut call.attrs, Mark::Callback(text));
    }

    fn close_operation(&mut self, outside: Vec<Node>, operation: Option<&Operation>, at: Span) {
        match operation {
            Some(operation) => self.plan.close_operation(outside, operation, at),
            None => self.plan.close_flat(outside),
        }
    }

    fn read_closure(&mut self, closure: &mut ExprClosure) {
        if closure.asyncness.is_some() {
            self.marks.put(&mut closure.attrs, Mark::Closure);
            self.scope(|reader| visit_mut::visit_expr_closure_mut(reader, closure));
        } else {
            let standing = Standing { in_sync_closure: true, ..self.standing.clone() };
            self.within(standing, |reader| visit_mut::visit_expr_closure_mut(reader, closure));
        }
    }

    fn read_for(&mut self, expr: &mut ExprForLoop) {
        let unordered = attribute::take_note(&mut expr.attrs, "__unordered");
        self.visit_expr_mut(&mut expr.expr);
        let before = self.facts.points.len();
        self.repeated(expr.for_token.span, |reader| reader.visit_block_mut(&mut expr.body));
        if !unordered && self.facts.points.len() > before {
            self.marks.put(&mut expr.attrs, Mark::Loop);
        }
    }

    /// The closures of `wait_for_callback` and `wait_for_condition` are step bodies.
    fn read_call(&mut self, call: &mut ExprCall, binding: Option<&Ident>) {
        let group = self.group.take();
        if !attribute::take_note(&mut call.attrs, "__unordered") && name::takes_items(call) {
            self.marks.put(&mut call.attrs, Mark::Items);
        }
        self.visit_expr_mut(&mut call.func);
        let step_bodies = name::takes_step_bodies(call);
        let constructor = Kind::of_call(call).filter(|kind| kind.takes_a_tuple());
        let group = group.or_else(|| binding.map(name::plain)).or_else(|| name::constructor(call).map(name::plain));
        for argument in &mut call.args {
            match (argument, constructor) {
                (Expr::Tuple(tuple), Some(kind)) => self.read_elements(tuple, kind, &group.clone().unwrap_or_default()),
                (argument, _) => self.read_argument(argument, step_bodies),
            }
        }
    }

    fn read_argument(&mut self, argument: &mut Expr, step_bodies: bool) {
        match argument {
            Expr::Closure(closure) if step_bodies => {
                self.facts.inside_steps.extend(inside::of_step(&closure.body));
            }
            argument => self.visit_expr_mut(argument),
        }
    }

    /// The operations in the tuple of a `join` and the like, which are performed without an await of their own.
    fn read_elements(&mut self, tuple: &mut ExprTuple, kind: Kind, group: &str) {
        let scope = if kind.is_context() { self.number() } else { self.standing.scope };
        let mut gives_numbers = false;
        for (number, element) in tuple.elems.iter_mut().enumerate() {
            self.visit_expr_mut(element);
            let numbered = format!("{group}-{number}");
            if matches!(callback::unparenthesised(element), Expr::Async(_)) {
                gives_numbers |= self.plan.name_branch(numbered);
                continue;
            }
            let Some(operation) = self.bound.element(element, &numbered) else {
                gives_numbers = true;
                continue;
            };
            gives_numbers |= matches!(&operation.name, Name::Known { text, .. } if *text == numbered);
            self.plan.operation(&operation, start_of(element), Vec::new());
            let point = self.point(&*element, operation.name, None);
            let recorded = !matches!(name::without_options(element), Expr::MethodCall(_));
            self.facts.points.push(Point { recorded, scope, ..point });
        }
        self.gives_numbers = gives_numbers;
    }

    fn read_if(&mut self, expr: &mut ExprIf) {
        self.visit_expr_mut(&mut expr.cond);
        let branching = self.number();
        let at = expr.if_token.span;
        let mut arms = vec![self.arm(branching, 0, at, |reader| {
            reader.leaving(leaving::block(&expr.then_branch), |reader| reader.visit_block_mut(&mut expr.then_branch));
        })];
        arms.push(self.arm(branching, 1, at, |reader| {
            expr.else_branch.iter_mut().for_each(|(_, otherwise)| reader.visit_expr_mut(otherwise));
        }));
        self.plan.choice(arms, at);
    }

    fn read_match(&mut self, expr: &mut ExprMatch) {
        self.visit_expr_mut(&mut expr.expr);
        let branching = self.number();
        let at = expr.match_token.span;
        let mut arms = Vec::new();
        for (number, arm) in expr.arms.iter_mut().enumerate() {
            arm.attrs.iter_mut().for_each(|attribute| self.visit_attribute_mut(attribute));
            self.visit_pat_mut(&mut arm.pat);
            let attrs = std::mem::take(&mut arm.attrs);
            let body = &mut arm.body;
            let node = self.arm(branching, number, at, |reader| {
                reader.configured(&attrs, |reader| {
                    reader.leaving(leaving::expr(body), |reader| reader.visit_expr_mut(body));
                });
            });
            arm.attrs = attrs;
            arms.push(node);
        }
        self.plan.choice(arms, at);
    }

    /// What is done while compiling performs nothing.
    fn read_const(&mut self, block: &mut ExprConst) {
        let before = self.facts.points.len();
        visit_mut::visit_expr_const_mut(self, block);
        let steps = self.facts.points.iter_mut().skip(before).filter(|point| point.step.is_some() && !point.misplaced);
        for step in steps {
            step.misplaced = true;
            self.facts.misplaced.push(Misplaced { at: step.at.clone(), position: Position::Const });
        }
    }

    fn refuse_configured(&mut self, attrs: &mut Vec<Attribute>) {
        for attribute in attribute::take_configured(attrs) {
            self.misplaced(attribute, Position::Configured);
        }
    }

    fn read_macro(&mut self, mac: &Macro, attrs: &mut Vec<Attribute>) {
        if !readable::is_async(&mac.tokens) {
            return;
        }
        let Some(mut arguments) = readable::arguments(&mac.path, &mac.tokens) else {
            return self.hide(mac, &mac.tokens);
        };
        for argument in &mut arguments {
            self.hide(mac, &argument.prefix);
            argument.expr.iter_mut().for_each(|expr| self.visit_expr_mut(expr));
        }
        self.marks.put(attrs, Mark::Macro(arguments));
    }

    fn hide(&mut self, mac: &Macro, tokens: &TokenStream) {
        if let Some(what) = readable::hidden(tokens) {
            self.facts.hidden.push(Hidden { path: mac.path.clone(), what });
        }
    }
}

impl VisitMut for Reader<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let binding = self.binding.take();
        if let Some(attrs) = attribute::of(expr) {
            self.refuse_configured(attrs);
        }
        if let Some(attribute) = attribute::take_from(expr) {
            return self.read_step(&attribute, expr, binding, None);
        }
        for (at, position) in position::refused_operands(expr) {
            self.misplaced(at, position);
        }
        if chain::inner(expr).is_some() {
            self.binding.clone_from(&binding);
        }
        match expr {
            Expr::Await(expr) => self.read_await(expr, binding),
            Expr::MethodCall(call) if callback::is_await(call) => {
                self.binding = None;
                self.read_await_callback(call, binding);
            }
            Expr::Async(block) => {
                if !mark::is_marked(&block.attrs) {
                    self.marks.put(&mut block.attrs, Mark::Branch { name: None, ty: None });
                }
                let name = self.marks.branch_name(&block.attrs);
                let outside = self.plan.open();
                self.scope(|reader| visit_mut::visit_expr_async_mut(reader, block));
                self.plan.close_branch(outside, name, block.async_token.span);
            }
            Expr::Closure(closure) => self.read_closure(closure),
            Expr::Call(call) => self.read_call(call, binding.as_ref()),
            Expr::ForLoop(expr) => self.read_for(expr),
            Expr::While(expr) => {
                self.repeated(expr.while_token.span, |reader| visit_mut::visit_expr_while_mut(reader, expr));
            }
            Expr::Loop(expr) => {
                self.repeated(expr.loop_token.span, |reader| visit_mut::visit_expr_loop_mut(reader, expr));
            }
            Expr::If(expr) => self.read_if(expr),
            Expr::Match(expr) => self.read_match(expr),
            Expr::Macro(expr) => self.read_macro(&expr.mac, &mut expr.attrs),
            Expr::Const(block) => self.read_const(block),
            other => visit_mut::visit_expr_mut(self, other),
        }
        self.binding = None;
    }

    fn visit_local_mut(&mut self, local: &mut Local) {
        self.refuse_configured(&mut local.attrs);
        let step = attribute::take(&mut local.attrs);
        if let Some(second) = attribute::take(&mut local.attrs) {
            self.misplaced(second, Position::Attributes);
        }
        local.attrs.iter_mut().for_each(|attribute| self.visit_attribute_mut(attribute));
        let held = match &local.init {
            Some(init) if step.is_none() => self.bound.held(&init.expr),
            _ => None,
        };
        let binding = signature::ident(&local.pat);
        let ty = signature::ascribed(&local.pat);
        match (step, &mut local.init) {
            (Some(attribute), Some(init)) => self.read_step(&attribute, &mut init.expr, binding, ty),
            (Some(attribute), None) => self.misplaced(attribute, Position::Uninitialised),
            (None, Some(init)) => {
                for (name, branch) in name::of_branches(&local.pat, &mut init.expr) {
                    if let Expr::Async(block) = branch {
                        self.marks.put(&mut block.attrs, Mark::Branch { name: Some(name::plain(&name)), ty: None });
                    }
                }
                if let (Expr::Await(awaited), Some(_)) = (&mut *init.expr, &ty)
                    && let Expr::Async(block) = callback::unparenthesised(&mut awaited.base)
                {
                    self.marks.put(&mut block.attrs, Mark::Branch { name: None, ty });
                }
                self.binding = binding;
                self.visit_expr_mut(&mut init.expr);
                self.binding = None;
            }
            (None, None) => {}
        }
        if let Some((_, diverge)) = local.init.as_mut().and_then(|init| init.diverge.as_mut()) {
            let outside = self.plan.open();
            self.leaving(leaving::expr(diverge), |reader| reader.visit_expr_mut(diverge));
            let arm = self.plan.close_arm(outside, start_of(diverge));
            self.plan.choice(vec![arm], start_of(diverge));
        }
        self.visit_pat_mut(&mut local.pat);
        if let (Some(variable), Some(operation)) = (signature::ident(&local.pat), held) {
            self.bound.hold(&variable, operation);
        }
    }

    /// A variable of this name no longer holds what it did.
    fn visit_pat_ident_mut(&mut self, pat: &mut PatIdent) {
        self.bound.release(&pat.ident);
        visit_mut::visit_pat_ident_mut(self, pat);
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        let outside = self.bound.clone();
        visit_mut::visit_block_mut(self, block);
        self.bound = outside;
    }

    fn visit_stmt_mut(&mut self, statement: &mut Stmt) {
        let attrs = match statement {
            Stmt::Local(local) => local.attrs.clone(),
            Stmt::Macro(statement) => statement.attrs.clone(),
            Stmt::Expr(expr, _) => leftmost(expr).map(|attrs| attrs.clone()).unwrap_or_default(),
            Stmt::Item(item) => return self.visit_item_mut(item),
        };
        self.configured(&attrs, |reader| visit_mut::visit_stmt_mut(reader, statement));
    }

    fn visit_stmt_macro_mut(&mut self, statement: &mut StmtMacro) {
        if let Some(attribute) = attribute::take(&mut statement.attrs) {
            self.misplaced(attribute, Position::Macro);
        }
        self.read_macro(&statement.mac, &mut statement.attrs);
    }

    /// Whatever reaches this one is a `#[step]` that nobody has taken.
    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        if attribute::is_step(attribute) {
            self.misplaced(attribute, Position::Elsewhere);
        }
    }

    /// Items have a life of their own.
    fn visit_item_mut(&mut self, item: &mut Item) {
        if let Some(step) = attribute::of_item(item).and_then(attribute::take) {
            self.misplaced(step, Position::Item);
        }
    }
}

/// The attributes of a statement, which stand on its first operand.
fn leftmost(expr: &mut Expr) -> Option<&mut Vec<Attribute>> {
    match expr {
        Expr::Assign(expr) => leftmost(&mut expr.left),
        Expr::Binary(expr) => leftmost(&mut expr.left),
        Expr::Cast(expr) => leftmost(&mut expr.expr),
        expr => attribute::of(expr),
    }
}
