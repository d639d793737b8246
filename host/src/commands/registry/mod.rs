//! `scaffold registry …`, a file a subcommand.

mod add;
mod gc;
mod index;
mod init;
mod mirror;
mod place;
mod repair;
#[cfg(feature = "server")]
mod serve;
#[cfg(feature = "server")]
mod token;
mod verify;

pub use place::storage;

use crate::{
    cli::{Registry, RegistryCommand},
    context::Context,
    error::CommandError,
};

/// `scaffold registry`
pub fn run(context: &mut Context, args: &Registry) -> Result<(), CommandError> {
    match &args.command {
        RegistryCommand::Init(args) => init::run(context, args),
        RegistryCommand::Add(args) => add::run(context, args),
        RegistryCommand::Index(args) => index::run(context, args),
        RegistryCommand::Verify(args) => verify::run(context, args),
        RegistryCommand::Repair(args) => repair::run(context, args),
        RegistryCommand::Mirror(args) => mirror::run(context, args),
        RegistryCommand::Gc(args) => gc::run(context, args),
        #[cfg(feature = "server")]
        RegistryCommand::Serve(args) => serve::run(context, args),
        #[cfg(feature = "server")]
        RegistryCommand::Token(args) => token::run(context, args),
        #[cfg(not(feature = "server"))]
        RegistryCommand::Serve(_) | RegistryCommand::Token(_) => {
            Err(CommandError::usage("this build of scaffold has no server")
                .hint("take one with the feature `server`, which is there by default"))
        }
    }
}
