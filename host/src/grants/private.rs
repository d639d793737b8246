//! Files that hold the user's secrets. No pattern lets a generator read one: only a person who names the very file.

use std::sync::LazyLock;

use super::{PatternError, Patterns};
use crate::path::ProjectPath;

/// In lower case, as names are compared. A file that is listed here for nothing can be named; one that is missing
/// here can be read by whoever was granted `**`.
const PRIVATE: &[&str] = &[
    // Environments.
    "**/.env*",
    "**/*.env",
    // Private keys and stores of them.
    "**/*.{pem,key,p12,pfx,p8,jks,keystore,ppk,gpg,asc,age,kdbx,kdb,keychain,keychain-db}",
    "**/id_*",
    "**/.{ssh,gnupg,aws,azure,kube,docker,gcloud,password-store}/**",
    "**/wallet.dat",
    // Passwords and tokens of tools.
    "**/{.,_}netrc",
    "**/.{npmrc,yarnrc,yarnrc.yml,pypirc,pgpass,my.cnf,git-credentials,dockercfg,dockerconfigjson,htpasswd}",
    "**/.{vault-token,terraformrc,boto,s3cfg,rclone.conf}",
    "**/kubeconfig*",
    "**/*.{tfvars,tfstate}*",
    "**/credentials*",
    "**/.credentials*",
    "**/client_secret*",
    "**/{service-account,service_account,serviceaccount}*.json",
    "**/{secret,secrets}",
    "**/{secret,secrets}.*",
    "**/.*_history",
];

/// Examples that are made to be shared.
const PUBLIC: &[&str] = &["**/.env.{example,sample,template}"];

static SETS: LazyLock<Result<[Patterns; 2], PatternError>> = LazyLock::new(|| {
    let set = |patterns: &[&'static str]| Patterns::new(patterns.iter().copied());
    Ok([set(PRIVATE)?, set(PUBLIC)?])
});

/// Whether a file may hold secrets, going by its name.
pub fn is_private(path: &ProjectPath) -> bool {
    let name = path.fold();
    match &*SETS {
        Ok([private, public]) => private.matches(&name) && !public.matches(&name),
        // A test sees to it that they can be parsed.
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn private(path: &str) -> bool {
        is_private(&ProjectPath::parse(path).unwrap())
    }

    #[test]
    fn every_pattern_can_be_parsed() {
        for list in [PRIVATE, PUBLIC] {
            Patterns::new(list.iter().copied()).unwrap();
        }
    }

    #[test]
    fn secrets_are_known_in_every_spelling_and_folder() {
        for path in [
            ".env",
            ".ENV",
            ".env.local",
            ".env.production",
            "app/.env",
            ".envrc",
            "deploy/prod.env",
            "server.pem",
            "certs/Server.KEY",
            "id_rsa",
            "keys/id_ed25519",
            "id_rsa.bak",
            "id_work",
            "ID_RSA",
            ".ssh/config",
            "home/.aws/config",
            ".docker/config.json",
            ".npmrc",
            "web/.npmrc",
            ".yarnrc.yml",
            ".pypirc",
            ".netrc",
            "_netrc",
            ".git-credentials",
            ".pgpass",
            "credentials",
            "credentials.json",
            "config/credentials.yml.enc",
            "config/master.key",
            "Passwords.kdbx",
            "terraform.tfstate",
            "terraform.tfstate.backup",
            "prod.tfvars",
            "secrets.yaml",
            "config/secrets.yml",
            "secret.json",
            "client_secret_1.json",
            "service-account-prod.json",
            "kubeconfig",
            ".bash_history",
            "store.p12",
        ] {
            assert!(private(path), "{path}");
        }
    }

    #[test]
    fn what_is_made_to_be_read_is_not_one() {
        for path in [
            ".env.example",
            "app/.env.sample",
            ".env.template",
            "environment.py",
            "docs/keys.md",
            "docs/secrets-management.md",
            "README.md",
            "monkey.txt",
            "src/credential.rs",
            "docker/config.json",
        ] {
            assert!(!private(path), "{path}");
        }
    }
}
