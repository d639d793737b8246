//! `scaffold registry …`, a file a subcommand.

mod place;
#[cfg(feature = "server")]
mod serve;
#[cfg(feature = "server")]
mod token;

use crate::{
    cli::{Registry, RegistryCommand},
    context::Context,
    error::CommandError,
};

/// `scaffold registry`
pub fn run(context: &mut Context, args: &Registry) -> Result<(), CommandError> {
    match &args.command {
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
