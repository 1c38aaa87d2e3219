//! The durable functions that an engine can run.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::context::{Ctx, Halt, record_of};
use crate::model::{Name, whole_seconds};
use crate::operation::{Call, Defined, Definition, Function, LocalBoxFuture, RunFunction, States};
use crate::plan::{Plan, is_fingerprint};
use crate::value::{CodecError, Recorded};

/// A function that `#[durable]` was put on: what [`EngineBuilder::register`](super::EngineBuilder::register) takes.
///
/// See [`EngineBuilder::register`](super::EngineBuilder::register) for an example.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a durable function",
    label = "put `#[durable]` on its definition, and pass the function itself without calling it"
)]
pub trait DurableFunction<A> {
    #[doc(hidden)]
    type Definition: Definition;
}

macro_rules! durable_function {
    ($($argument:ident),*) => {
        impl<F, D, $($argument),*> DurableFunction<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> Call<D>,
            D: Definition,
        {
            type Definition = D;
        }
    };
}

durable_function!();
durable_function!(A1);
durable_function!(A1, A2);
durable_function!(A1, A2, A3);
durable_function!(A1, A2, A3, A4);
durable_function!(A1, A2, A3, A4, A5);
durable_function!(A1, A2, A3, A4, A5, A6);
durable_function!(A1, A2, A3, A4, A5, A6, A7);
durable_function!(A1, A2, A3, A4, A5, A6, A7, A8);

/// A durable function without its types.
#[derive(Clone)]
pub(crate) struct Registered {
    pub(crate) function: Function,
    pub(crate) states: fn() -> States,
    code: Arc<dyn Code + Send + Sync>,
    fingerprint: Arc<str>,
}

impl Registered {
    /// A function that knows nothing of being durable, under a name of its own.
    pub(crate) fn plain(name: &'static str, code: impl Code + Send + Sync + 'static) -> Self {
        let function = Function::new(name, &[], &[]);
        Self {
            function,
            states: States::new,
            code: Arc::new(code),
            fingerprint: Plan::of(function).fingerprint().into(),
        }
    }

    /// Compiled once for each type of arguments and result, and not for each function.
    pub(crate) fn of<I: 'static, O: 'static>(define: fn() -> Defined<I, O>, run: RunFunction<I, O>) -> Self {
        let defined = define();
        let Defined { function, states, .. } = defined;
        let code = Arc::new(Typed { defined, run });
        Self { function, states, code, fingerprint: Plan::of(function).fingerprint().into() }
    }

    /// What new executions record: the explicit version, or the plan's fingerprint.
    pub(crate) fn version(&self) -> String {
        self.function.version_name().unwrap_or(&self.fingerprint).to_owned()
    }

    /// How long an execution may take that says nothing itself.
    pub(crate) fn timeout_seconds(&self) -> Option<u32> {
        self.function.execution_timeout().map(whole_seconds)
    }

    /// Whether this input can be read.
    pub(crate) fn check(&self, input: Option<&str>) -> Result<(), CodecError> {
        self.code.check(&self.function, input)
    }

    /// Runs the function on its recorded input.
    pub(crate) fn run(&self, ctx: Ctx, input: Option<&str>) -> LocalBoxFuture<'static, Recorded> {
        self.code.run(&self.function, ctx, input)
    }
}

/// How a function of some types is run.
pub(crate) trait Code {
    fn check(&self, function: &Function, input: Option<&str>) -> Result<(), CodecError>;

    fn run(&self, function: &Function, ctx: Ctx, input: Option<&str>) -> LocalBoxFuture<'static, Recorded>;
}

struct Typed<I: 'static, O: 'static> {
    defined: Defined<I, O>,
    run: RunFunction<I, O>,
}

impl<I, O> Code for Typed<I, O> {
    fn check(&self, function: &Function, input: Option<&str>) -> Result<(), CodecError> {
        // Not `map`, which would be compiled for each type.
        match self.defined.arguments.decode(function.parameters(), input) {
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn run(&self, function: &Function, ctx: Ctx, input: Option<&str>) -> LocalBoxFuture<'static, Recorded> {
        let codec = self.defined.codec;
        match self.defined.arguments.decode(function.parameters(), input) {
            Ok(input) => {
                let what = format!("the result of `{}`", function.name());
                let (ctx, place) = (ctx.with_defaults(function.defaults()), function.place());
                let output = Box::into_pin((self.run)(ctx.clone(), input));
                Box::pin(async move {
                    let output = output.await;
                    ctx.close(place).await;
                    record_of(codec.encode(&output), &what)
                })
            }
            Err(source) => unreadable(ctx, source),
        }
    }
}

fn unreadable(ctx: Ctx, source: CodecError) -> LocalBoxFuture<'static, Recorded> {
    let what = "the arguments".to_owned();
    Box::pin(async move { ctx.halt(Halt::Unreadable { what, source }).await })
}

/// All functions of an engine, by name; several versions of one in the order of their registration.
#[derive(Default)]
pub(crate) struct Registry(BTreeMap<&'static str, Vec<Registered>>);

impl Registry {
    /// Adds a function; returns whether its name was there before, with the same version.
    pub(crate) fn insert(&mut self, registered: Registered) -> bool {
        let versions = self.0.entry(registered.function.name()).or_default();
        let version = registered.function.version_name();
        let known = versions.iter().any(|known| known.function.version_name() == version);
        versions.push(registered);
        known
    }

    /// The version that new executions start with when nobody says which: the one that was registered last.
    pub(crate) fn find(&self, name: &Name) -> Option<&Registered> {
        self.0.get(name.as_str())?.last()
    }

    /// An explicit version, or without one the code that has none.
    pub(crate) fn find_version(&self, name: &Name, version: Option<&str>) -> Option<&Registered> {
        self.0.get(name.as_str())?.iter().find(|registered| registered.function.version_name() == version)
    }

    /// The code that goes on with an execution.
    ///
    /// One with an explicit version needs code of that version. One without was started by code that has none, and goes
    /// on with such code even if the plan has changed: the replay itself notices when the edit does not fit, so that a
    /// harmless edit strands nothing. Where only explicit versions are left, the same plan is the same code.
    pub(crate) fn resume(&self, name: &Name, recorded: Option<&str>) -> Option<&Registered> {
        match recorded {
            Some(version) if !is_fingerprint(version) => self.find_version(name, Some(version)),
            _ => self.find_version(name, None).or_else(|| {
                let mut versions = self.0.get(name.as_str())?.iter().rev();
                versions.find(|registered| recorded == Some(&*registered.fingerprint))
            }),
        }
    }

    /// Why nothing can go on with an execution of this function.
    pub(crate) fn gap(&self, name: &Name, recorded: Option<&str>) -> String {
        let Some(versions) = self.0.get(name.as_str()) else {
            return format!(
                "no durable function `{name}` is registered; add `.register({name})` and start the engine again"
            );
        };
        let needed = match recorded {
            Some(version) if !is_fingerprint(version) => format!("version `{version}`"),
            _ => "code without a version".to_owned(),
        };
        let known = versions.iter().map(|registered| match registered.function.version_name() {
            Some(version) => format!("`{version}`"),
            None => "one without a version".to_owned(),
        });
        let known = known.collect::<Vec<_>>().join(", ");
        format!(
            "this execution of `{name}` was started by {needed}, and registered are: {known}; register that version \
             beside them and start the engine again"
        )
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Registered> {
        self.0.values().flatten()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    /// All versions, to be read.
    pub(crate) fn labels(&self) -> Vec<String> {
        let name = |registered: &Registered| match registered.function.version_name() {
            Some(version) => format!("`{}` version `{version}`", registered.function.name()),
            None => format!("`{}`", registered.function.name()),
        };
        self.iter().map(name).collect()
    }
}
