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
    "**/*.env.*",
    "**/.{flaskenv,dev.vars,renviron}",
    // Private keys and stores of them.
    "**/*.{pem,key,p12,pfx,pkcs12,p8,pk8,jks,jceks,bks,keystore,keytab,ppk,gpg,asc,age,ovpn,mobileprovision}",
    "**/*.{kdbx,kdb,psafe3,1pux,agilekeychain,keychain,keychain-db}",
    "**/id_*",
    "**/*_{rsa,dsa,ecdsa,ed25519}",
    "**/*_key",
    "**/secring.*",
    "**/wallet.dat",
    // Whole folders of them.
    "**/.{ssh,gnupg,aws,azure,kube,docker,gcloud,config/gcloud,config/gh,config/git,password-store}/**",
    "**/.{m2,gradle,terraform,pulumi,chef,ansible,netlify,vercel,wrangler,secrets}/**",
    "**/{secret,secrets}/**",
    // Other repositories of versions; git's own folder is no path of a project.
    "**/.{hg,svn,bzr,jj,sl}/**",
    // Passwords and tokens of tools.
    "**/{.,_}netrc",
    "**/.{npmrc,yarnrc,yarnrc.yml,pypirc,condarc,pgpass,my.cnf,mylogin.cnf,gitconfig,git-credentials,dockercfg,dockerconfigjson}",
    "**/.{htpasswd,terraformrc,boto,s3cfg,passwd-s3fs,smbcredentials,rclone.conf,msmtprc,viminfo}",
    "**/{rclone.conf,pip.conf,pip.ini,nuget.config,auth.json,local.settings.json,master.key}",
    "**/.bundle/config",
    "**/{.vault,vault}{-,_}{token,pass}*",
    "**/kubeconfig*",
    "**/*.kubeconfig",
    "**/*.{tfvars,tfstate}*",
    "**/*.publishsettings",
    "**/{token,tokens,secret,secrets,password,passwords,passwd}",
    "**/{secret,secrets,.secret,.secrets}.*",
    "**/{token,tokens,password,passwords,passwd}.{json,yml,yaml,toml,ini,txt,csv,xml,db}",
    "**/*.{token,tokens,secret,secrets,passwd,htpasswd}",
    "**/secret{-,_}key*",
    // Accounts of clouds.
    "**/{credentials,.credentials}*",
    "**/*credentials.{json,yml,yaml,toml,ini,csv,txt,xml,db}",
    "**/client{-,_}secret*",
    "**/{service-account,service_account,serviceaccount}*.json",
    "**/*firebase-adminsdk*.json",
    "**/*accesskeys*.csv",
    // What running programs keep: sessions, hashes of passwords, whatever somebody typed.
    "**/*.{sqlite,sqlite3,sqlite-wal,sqlite3-wal}",
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
            "prod.env.local",
            ".dev.vars",
            "deploy_rsa",
            "ssh_host_ed25519_key",
            "config/gcp-credentials.json",
            ".config/gcloud/application_default_credentials.json",
            ".config/gh/hosts.yml",
            ".m2/settings.xml",
            "secrets/db_password.txt",
            "SECRETS/x",
            ".hg/hgrc",
            "pip.conf",
            "NuGet.Config",
            "auth.json",
            ".vault_pass.txt",
            ".vault-token",
            "prod.kubeconfig",
            "infra/prod.auto.tfvars.json",
            "token",
            "tokens.json",
            "passwords.txt",
            "client-secret.json",
            "shop-firebase-adminsdk-1.json",
            "rootAccessKeys.csv",
            "db.sqlite3",
            ".python_history",
            // A letter that a disk that ignores case takes for an s.
            ".aw\u{17f}/config",
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
            "src/token.rs",
            "css/tokens.css",
            "docs/passwords/index.md",
            "app/tokenizer.py",
            "primary_keys.sql",
            "openapi.yaml",
            "keyboard.ts",
            "aws/main.tf",
        ] {
            assert!(!private(path), "{path}");
        }
    }
}
