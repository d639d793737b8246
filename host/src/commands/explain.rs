//! Where a module's error becomes the message a user reads: what kind of end it is, and what to do.

use scaffold_registry::{SourceError, resolve::ResolveError};

use crate::{
    apply::ApplyError,
    change::{ChangeError, GivenError},
    credentials::CredentialsError,
    error::{CommandError, ErrorKind},
    inputs::{InputError, KeptError},
    packages::PackagesError,
    path::INPUTS,
    project::ProjectError,
    replay::ReplayError,
    sandbox::SandboxError,
    sources::{SourcesError, TOKEN},
    trust::TrustError,
};

impl From<ProjectError> for CommandError {
    fn from(e: ProjectError) -> Self {
        match e {
            ProjectError::NotFound(_) => Self::usage(e).hint(
                "run it in a project, name one with -C DIR, or make one: scaffold new PACKAGE DIR",
            ),
            ProjectError::Foreign(ref root) => {
                let hint = format!(
                    "-C {} runs it there, if you trust who that is",
                    root.display()
                );
                Self::permission(e).hint(hint)
            }
            ProjectError::Unlocked(_) => {
                Self::failed(e).hint("scaffold lock makes scaffold.lock anew from scaffold.toml")
            }
            ProjectError::NoManifest(_) => Self::failed(e)
                .hint("scaffold set or scaffold add writes it anew from the lock file"),
            ProjectError::Lock(lock) => {
                let hint = lock.hint();
                Self::integrity(lock).hint(hint)
            }
            ProjectError::Name(_) | ProjectError::Manifest(_) => Self::usage(e),
            e => Self::failed(e),
        }
    }
}

impl From<SourcesError> for CommandError {
    fn from(e: SourcesError) -> Self {
        match &e {
            SourcesError::Unconfigured(namespace) => {
                let hint = format!(
                    "name it: --registry {namespace}=FOLDER or {namespace}=https://…, or under [registries] in the project's scaffold.toml or your config.toml"
                );
                Self::usage(e).hint(hint)
            }
            SourcesError::Credentials(CredentialsError::Open { path }) => {
                let hint = format!("chmod 600 {}", path.display());
                Self::failed(e).hint(hint)
            }
            SourcesError::Ca { .. } | SourcesError::Token => Self::usage(e),
            SourcesError::NotARegistry(_) => Self::usage(e),
            SourcesError::Source(_) => match e {
                SourcesError::Source(e) => e.into(),
                e => Self::failed(e),
            },
            SourcesError::Http(_) | SourcesError::Credentials(_) | SourcesError::Workspace(_) => {
                Self::failed(e)
            }
        }
    }
}

/// What to do where it is a registry that does not answer.
impl From<SourceError> for CommandError {
    fn from(e: SourceError) -> Self {
        match e {
            // The host's own reasons have travelled through the resolver.
            SourceError::Unavailable { name, source } => match source.downcast::<SourcesError>() {
                Ok(reason) => Self::from(*reason).while_doing(format!("{name} cannot be had")),
                Err(source) => match source.downcast::<PackagesError>() {
                    Ok(reason) => Self::from(*reason),
                    Err(source) => Self::failed(SourceError::Unavailable { name, source }),
                },
            },
            SourceError::NotARegistry { .. } => Self::usage(e)
                .hint("a registry is a folder made by `scaffold publish`, or such a folder behind a web server"),
            SourceError::Offline { .. } => Self::failed(e)
                .hint("run it once without --offline: what it fetches stays here")
                .hint("in a project, scaffold fetch gets everything scaffold.lock needs"),
            SourceError::Unreached { advice, .. } => Self::failed(e).hint(advice),
            SourceError::Setting { .. } => {
                Self::usage(e).hint("it is set under [registries] in your config.toml")
            }
            SourceError::WentBack { ref id, .. } => {
                let hint = format!(
                    "what is published never goes and never changes: do not use it, and tell whoever runs the registry. If they made it anew, scaffold cache clean --registry {id} forgets what it said before"
                );
                Self::integrity(e).hint(hint)
            }
            SourceError::Unauthorized { told, .. } => {
                let hint = format!("scaffold login REGISTRY keeps a token for it, or {TOKEN} holds one");
                let error = Self::permission(e);
                match told {
                    true => error.hint(format!("whoever runs the registry hands out another; {hint}")),
                    false => error.hint(hint),
                }
            }
            SourceError::Keys { .. } => Self::integrity(e).hint("nothing was written"),
            SourceError::Fetch { .. } => Self::failed(e)
                .hint("check the address and the connection, and try again; with everything in the cache, --offline works without one"),
            e => Self::failed(e),
        }
    }
}

impl From<ResolveError> for CommandError {
    fn from(e: ResolveError) -> Self {
        match &e {
            ResolveError::Source(_) => match e {
                ResolveError::Source(e) => e.into(),
                e => Self::failed(e),
            },
            ResolveError::NoVersion { newest: None, .. } => Self::usage(e),
            ResolveError::NoVersion { wanted, .. } => {
                let hint = format!("scaffold info {} lists its versions", wanted.name.short());
                Self::usage(e).hint(hint)
            }
            ResolveError::UnknownPackage { nearest, .. } if nearest.is_empty() => Self::usage(e),
            ResolveError::UnknownPackage { .. } | ResolveError::IsEngine { .. } => {
                Self::usage(e).hint("scaffold search shows what there is")
            }
            ResolveError::Conflict { .. } => Self::usage(e),
            _ => Self::failed(e),
        }
    }
}

impl From<PackagesError> for CommandError {
    fn from(e: PackagesError) -> Self {
        match e {
            PackagesError::Sources(e) => e.into(),
            PackagesError::Sandbox(e) => e.into(),
            PackagesError::Trust(e) => e.into(),
            PackagesError::Digest(_) => Self::integrity(e)
                .hint("do not use it; tell whoever runs the registry. Nothing was written"),
            PackagesError::Changed { ref registry, .. } => {
                let hint = format!(
                    "a release never changes: either scaffold.lock was edited, so restore it (`git checkout scaffold.lock`), or {registry} is not to be trusted. Nothing was written"
                );
                Self::integrity(e).hint(hint)
            }
            PackagesError::Misnamed { .. } => Self::integrity(e).hint(
                "scaffold.lock was edited or damaged; restore it, for example with `git checkout scaffold.lock`. Nothing was written",
            ),
            PackagesError::Gone { ref registry, .. } => {
                let hint = format!(
                    "it is neither in the cache nor in {registry}; restore it there, or take another version with scaffold update"
                );
                Self::failed(e).hint(hint)
            }
            PackagesError::Engine { .. } | PackagesError::NotAnEngine { .. } => Self::usage(e),
            PackagesError::Resolve(e) => e.into(),
            PackagesError::Source(e) => e.into(),
            e => Self::failed(e),
        }
    }
}

impl From<TrustError> for CommandError {
    fn from(e: TrustError) -> Self {
        let hint = e.hint();
        match e {
            TrustError::Source(e) => e.into(),
            e => match hint {
                Some(hint) => Self::integrity(e).hint(hint),
                None => Self::integrity(e),
            },
        }
    }
}

impl From<SandboxError> for CommandError {
    fn from(e: SandboxError) -> Self {
        match &e {
            SandboxError::Refused { .. } => Self::permission(e),
            SandboxError::Limit { source, .. } => {
                let hint = format!(
                    "or, if you trust it with more, raise {} under [limits] in your config.toml",
                    source.setting()
                );
                Self::failed(e)
                    .hint("nothing was written; tell the package's author")
                    .hint(hint)
            }
            SandboxError::Crashed { .. } => Self::failed(e)
                .hint("this is a mistake in the package, and nothing was written; tell its author"),
            SandboxError::Input { source, .. } => {
                let only_listed = matches!(**source, InputError::OnlyListed { .. });
                let error = Self::failed(e);
                if only_listed {
                    return error.hint("scaffold sync reads your files anew");
                }
                error
            }
            SandboxError::Failed { .. } => Self::failed(e)
                .hint("nothing was written; if the package is not yours, tell its author"),
            _ => Self::failed(e),
        }
    }
}

impl From<KeptError> for CommandError {
    fn from(e: KeptError) -> Self {
        Self::integrity(e).hint(format!(
            "what is in {INPUTS} belongs to the project as scaffold.lock does; bring it back, for example with `git checkout -- {INPUTS}`"
        ))
    }
}

impl From<ReplayError> for CommandError {
    fn from(e: ReplayError) -> Self {
        match e {
            ReplayError::Packages(e) => e.into(),
            ReplayError::Digest { .. } | ReplayError::Answer { .. } => Self::integrity(e)
                .hint("scaffold.lock was edited or damaged; restore it, for example with `git checkout scaffold.lock`"),
            ReplayError::NotAllowed { class, .. } => {
                Self::permission(e).hint(format!("scaffold update --allow {class} asks anew"))
            }
            ReplayError::Kept(e) => e.into(),
            ReplayError::Workspace(_)
            | ReplayError::Pattern { .. } => Self::failed(e),
        }
    }
}

impl From<ChangeError> for CommandError {
    fn from(e: ChangeError) -> Self {
        match e {
            ChangeError::Packages(e) => e.into(),
            ChangeError::Replay(e) => e.into(),
            ChangeError::Interview(e) => e.into(),
            ChangeError::Given(e) => e.into(),
            ChangeError::Missing(each) => {
                let what = format!("{} packages miss answers", each.len());
                together(what, each.into_iter().map(Self::from).collect())
            }
            ChangeError::Twice(_) => {
                Self::usage(e).hint("--as NAME adds a package a second time, under that name")
            }
            ChangeError::Project(e) => e.into(),
            ChangeError::Forgotten(_) | ChangeError::Record(_) | ChangeError::LockChanged(_)
            | ChangeError::NoLockBefore { .. } => Self::failed(e)
                .hint("nothing was written; with git, `git checkout` brings back files and scaffold.lock together"),
            ChangeError::Name(_) | ChangeError::Manifest(_) => Self::usage(e),
            ChangeError::Merge(e) => Self::failed(e),
            ChangeError::Conflicts(ref conflicts) => {
                let paths: Vec<&str> = conflicts.iter().map(|(path, _)| path.as_str()).collect();
                let paths = serde_json::json!(paths);
                Self::new(ErrorKind::Conflicts, e)
                    .hint("--conflict=markers marks them in the files; ours or theirs settles them")
                    .fact("conflicts", paths)
            }
            ChangeError::Prompt(e) => e.into(),
        }
    }
}

/// What several packages miss as one error, so that a user learns of all at once.
fn together(what: String, errors: Vec<CommandError>) -> CommandError {
    let mut text = what;
    for line in errors
        .iter()
        .flat_map(|e| e.to_string().lines().map(str::to_owned).collect::<Vec<_>>())
    {
        text.push_str(&format!("\n  {line}"));
    }
    let mut all = CommandError::usage(text);
    for error in errors {
        // They differ in the flag of their example alone.
        if all.hints.is_empty() {
            all.hints = error.hints;
        }
        for (key, value) in error.facts {
            match (all.facts.get_mut(&key), value) {
                (Some(serde_json::Value::Array(known)), serde_json::Value::Array(more)) => {
                    known.extend(more);
                }
                (_, value) => drop(all.facts.insert(key, value)),
            }
        }
    }
    all
}

impl From<GivenError> for CommandError {
    fn from(e: GivenError) -> Self {
        match &e {
            GivenError::NotAPair(_) => Self::usage(e).hint("answers look like database=postgres"),
            GivenError::Unknown { .. } => {
                Self::usage(e).hint("scaffold info PACKAGE lists the questions of a package")
            }
            _ => Self::usage(e),
        }
    }
}

impl From<ApplyError> for CommandError {
    fn from(e: ApplyError) -> Self {
        let hint = matches!(e, ApplyError::Busy { .. })
            .then_some("run it again when that is done; without --no-wait it waits");
        let error = Self::new(ErrorKind::Failed, e);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}
