//! Write a `scaffold` generator in Rust: a struct and two functions.
//!
//! A generator is a WebAssembly component that is handed questions' answers and hands back the files it wants
//! to stand in a project. It has no clock, no network, no disk and no environment; what it can do are the
//! functions in [`package`], [`project`], [`files`] and [`log`], and each of those modules it does not call is
//! a permission it does not ask for.
//!
//! ```
//! use scaffold_guest::{Failure, Generator, Outcome, Question, Request, files, log};
//!
//! struct Readme;
//!
//! impl Generator for Readme {
//!     fn questions(request: &Request) -> Result<Vec<Question>, Failure> {
//!         let title = request.text("title").unwrap_or(&request.project_name);
//!         if title.contains('\n') {
//!             return Err(Failure::invalid_answer("title", "A title is one line."));
//!         }
//!         Ok(vec![
//!             Question::text("title", "What is it called?").or(&request.project_name),
//!             Question::one_of("licence", "Which licence?", ["MIT", "Apache-2.0"]).or("MIT"),
//!             // Asked only while the answers so far make it matter.
//!             Question::flag("notice", "Add a NOTICE file?")
//!                 .or(false)
//!                 .applies_if(request.text("licence") == Some("Apache-2.0")),
//!         ])
//!     }
//!
//!     fn generate(request: &Request) -> Result<Outcome, Failure> {
//!         let title = request.need_text("title")?;
//!         files::write("README.md", format!("# {title}\n"))?;
//!         files::executable("run.sh", "#!/bin/sh\nexec echo hello\n")?;
//!         if request.flag("notice") == Some(true) {
//!             files::seed("NOTICE", format!("{title}\n"))?;
//!         }
//!         log::info(format!("made the README of {title}"));
//!         Ok(Outcome::new()
//!             .step("Say hello", "./run.sh")
//!             .note("NOTICE is yours from now on; updates leave it alone."))
//!     }
//! }
//!
//! scaffold_guest::export!(Readme);
//! # fn main() {}
//! ```
//!
//! The crate of a generator is a `cdylib`, built for `wasm32-unknown-unknown` and wrapped into a component by
//! `scaffold pack`:
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib"]
//!
//! [dependencies]
//! scaffold-guest = "0.1"
//! ```
//!
//! # Errors
//! Return a [`Failure`]: its message is shown to a person, so it says what happened and what to do. A panic
//! stops the run too; where it happened reaches the user through the log.
//!
//! # On other targets
//! The crate compiles for the machine itself, so that a generator's own logic can be tested with plain
//! `cargo test`; only calling a function of the host panics there, since there is no host.

mod answers;
pub mod bindings;
mod build;
pub mod files;
pub mod log;
pub mod package;
mod panic;
pub mod project;

use std::marker::PhantomData;

pub use bindings::scaffold::generator::types::{
    Answer, Applied, Choice, Failure, Kind, Outcome, Question, Request, Step, Value,
};

/// What a generator is.
///
/// Both functions have to give the same result for the same request and the same files, which is what makes
/// a project reproducible. There is nothing in the sandbox that could break this except a generator's own
/// pointers: do not let addresses into the output.
pub trait Generator {
    /// All questions, those that do not apply included, with defaults worked out from the answers so far.
    ///
    /// Called again after each answer and once more with all of them. Fail with
    /// [`Failure::invalid_answer`] when an answer will not do.
    fn questions(request: &Request) -> Result<Vec<Question>, Failure>;

    /// Makes the files, through [`files`]. Every question that applies is answered.
    fn generate(request: &Request) -> Result<Outcome, Failure>;
}

/// Makes a type that is a [`Generator`] the one the component exports. Once in a crate.
#[macro_export]
macro_rules! export {
    ($generator:path) => {
        const _: () = {
            type Exported = $crate::Adapter<$generator>;
    $crate::bindings::export!(Exported with_types_in $crate::bindings);
        };
    };
}

/// Stands between the exports of the component and a [`Generator`]; named by [`export!`] only.
#[doc(hidden)]
pub struct Adapter<G>(PhantomData<G>);

impl<G: Generator> bindings::Guest for Adapter<G> {
    fn questions(request: Request) -> Result<Vec<Question>, Failure> {
        panic::report_to_host();
        G::questions(&request)
    }

    fn generate(request: Request) -> Result<Outcome, Failure> {
        panic::report_to_host();
        G::generate(&request)
    }
}
