use scaffold_registry::{
    SourceError, Token,
    api::{self, Api, ApiError, Me},
};
use serde_json::json;

use crate::{
    cli::{Login, Logout},
    context::Context,
    credentials::CredentialsError,
    error::{CommandError, ErrorKind, ResultExt},
    sources::Network,
    ui::PromptError,
};

/// `scaffold login`: a token for a registry, checked with it and kept.
pub fn run(context: &mut Context, args: &Login) -> Result<(), CommandError> {
    let Network {
        address, is_oci, ..
    } = address(context, &args.place)?;
    let typed = context
        .ui
        .secret(&format!("Token for {}", address.as_str()), false);
    let typed = typed.map_err(|e| match e {
        PromptError::NoTerminal => CommandError::usage("there is no token, and nobody to ask")
            .hint(format!("scaffold login {} < FILE", address.as_str())),
        e => CommandError::from(e),
    })?;
    let token = Token::parse(&typed).ok_or_else(|| {
        CommandError::usage("that is no token: it is empty, or not one word of plain characters")
    })?;
    let registries = context.config()?.registries;
    let mut access = context.reach(&registries).access(&address)?;
    access.token = Some(token.clone());
    // An OCI registry is asked who may do what for each repository alone.
    let me = match context.globals.offline || is_oci {
        true => None,
        false => check(Api::of(&address, access).and_then(|api| api.me()))?,
    };
    let credentials = context.credentials();
    let path = credentials.keep(&address, &token)?.display().to_string();
    let (namespaces, expires) = match &me {
        Some(me) => (Some(&me.namespaces), me.expires.as_deref()),
        None => (None, None),
    };
    context.ui.json(&json!({
        "registry": address.as_str(), "file": path, "checked": me.is_some(),
        "namespaces": namespaces, "expires": expires,
    }));
    context
        .ui
        .result(format!("the token for {} is in {path}", address.as_str()));
    match me {
        Some(me) => context.ui.done("Checked:", &told(&me)),
        None => context
            .ui
            .warn("the registry was not asked whether it knows the token"),
    }
    Ok(())
}

/// What a registry says of a token; none where it says nothing of any.
fn check(asked: Result<Option<Me>, ApiError>) -> Result<Option<Me>, CommandError> {
    let why = match asked {
        Err(ApiError::Missing { .. }) => return Ok(None),
        // One that shows itself to some alone says so before it says anything else.
        Err(ApiError::Source(SourceError::Unauthorized { place, status, .. })) => {
            format!("{status}, {place}")
        }
        Err(ApiError::Refused {
            place,
            status,
            message,
            ..
        }) if api::is_about_the_token(status) => format!("{message}, {place}"),
        asked => return Ok(asked?),
    };
    let error = format!("the registry does not take this token ({why})");
    Err(CommandError::permission(error).hint("whoever runs the registry hands out tokens"))
}

fn told(me: &Me) -> String {
    let mut text = match me.namespaces.as_slice() {
        [] => "it reads, and publishes nothing".to_owned(),
        namespaces => format!("it publishes in {}", namespaces.join(", ")),
    };
    if let Some(expires) = &me.expires {
        text.push_str(&format!(", until {expires}"));
    }
    text
}

/// `scaffold logout`: the token of a registry, or of all, forgotten here.
pub fn out(context: &mut Context, args: &Logout) -> Result<(), CommandError> {
    let credentials = context.credentials();
    let wanted = match &args.place {
        Some(registry) => vec![address(context, registry)?.address.as_str().to_owned()],
        None => credentials.addresses()?,
    };
    let mut forgotten = Vec::new();
    for address in wanted {
        if credentials.forget(&address)? {
            forgotten.push(address);
        }
    }
    context.ui.json(&json!({"forgotten": forgotten}));
    context.ui.result(match forgotten.is_empty() {
        true => match &args.place {
            Some(place) => format!("there was no token for {place}"),
            None => "there was no token".to_owned(),
        },
        false => format!("the token for {} is forgotten", forgotten.join(", ")),
    });
    Ok(())
}

/// A registry by its address, or by a namespace.
fn address(context: &Context, word: &str) -> Result<Network, CommandError> {
    let mut place = word.to_owned();
    if !word.contains(['/', ':']) {
        let flags = context.globals.registry.iter();
        let mut flagged = flags.filter_map(|flag| flag.split_once('='));
        let flagged = flagged.rfind(|(namespace, _)| *namespace == word);
        let configured = context.config()?.registries;
        let configured = configured.get(word).map(|registry| registry.url.clone());
        place = match flagged.map(|(_, place)| place.to_owned()).or(configured) {
            Some(place) => place,
            None => {
                let error = format!("no registry is configured for the namespace `{word}`");
                return Err(CommandError::usage(error).hint("scaffold login https://host/path"));
            }
        };
    }
    match Network::parse(&place).kind(ErrorKind::Usage)? {
        Some(network) => Ok(network),
        None => Err(
            CommandError::usage(format!("{place} is not on the network"))
                .hint("scaffold login https://host/path"),
        ),
    }
}

impl From<CredentialsError> for CommandError {
    fn from(e: CredentialsError) -> Self {
        let hint = match &e {
            CredentialsError::Open { path } => Some(format!("chmod 600 {}", path.display())),
            CredentialsError::Malformed { path } => {
                Some(format!("rm {}, then scaffold login", path.display()))
            }
            CredentialsError::NoFolder => Some("set SCAFFOLD_CONFIG to a folder".to_owned()),
            CredentialsError::Io { .. } => None,
        };
        match (Self::failed(e), hint) {
            (error, Some(hint)) => error.hint(hint),
            (error, None) => error,
        }
    }
}

/// What a publish server refused, and what to do.
impl From<ApiError> for CommandError {
    fn from(e: ApiError) -> Self {
        match e {
            ApiError::Source(e) => e.into(),
            ApiError::NoToken { ref registry } => {
                let hint = format!("scaffold login {registry}, or SCAFFOLD_TOKEN");
                Self::permission(e).hint(hint)
            }
            ApiError::Refused { status, .. } if api::is_about_the_token(status) => {
                Self::permission(e).hint("scaffold login with a token for that namespace")
            }
            ApiError::Missing { .. } => Self::usage(e)
                .hint("publish to the folder or bucket it is served from, or to a publish server"),
            e => Self::failed(e),
        }
    }
}
