//! What a package asks, what the user granted, and which files need a yes of their own.
//!
//! Decided on project paths alone, never on words a package says about itself. Short, so that a reviewer can read
//! it in one sitting.

mod allow;
mod private;
mod reads;

use std::collections::BTreeSet;

pub use allow::{Allow, AllowError};
pub use private::is_private;
pub use reads::{Base, MayRead, Reads};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Serialize};

use crate::path::ProjectPath;

/// Path patterns: `*` stays within a folder, `**` crosses folders.
#[derive(Debug, Clone)]
pub struct Patterns(GlobSet);

#[derive(Debug, thiserror::Error)]
#[error("`{pattern}` is not a pattern of paths: {reason}")]
pub struct PatternError {
    pub pattern: String,
    pub reason: String,
}

impl Patterns {
    /// # Errors
    /// A pattern that cannot be parsed, by name.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, PatternError> {
        let mut set = GlobSetBuilder::new();
        let wrong = |pattern: &str, e: globset::Error| PatternError {
            pattern: pattern.to_owned(),
            reason: e.kind().to_string(),
        };
        for pattern in patterns {
            let glob = GlobBuilder::new(pattern)
                .literal_separator(true)
                .backslash_escape(false)
                .build();
            set.add(glob.map_err(|e| wrong(pattern, e))?);
        }
        set.build()
            .map(Self)
            .map_err(|e| wrong(e.glob().unwrap_or_default(), e.clone()))
    }

    pub fn allows(&self, path: &ProjectPath) -> bool {
        self.matches(path.as_str())
    }

    fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

/// Files that run or steer something later. Writing one needs its own yes; `--yes` never gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Runs on a CI server, often with secrets.
    Ci,
    /// Steers an editor, which may run tasks when the folder is opened.
    Editor,
    /// Hooks of git and of shells, environment files.
    Hooks,
    /// Steers package managers, compilers and build tools.
    Toolchain,
    /// Instructions to coding agents.
    Agents,
    /// Made executable.
    Executable,
}

impl Class {
    pub const ALL: [Self; 6] = [
        Self::Ci,
        Self::Editor,
        Self::Hooks,
        Self::Toolchain,
        Self::Agents,
        Self::Executable,
    ];

    /// The name in `--allow` and in the lock file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ci => "ci",
            Self::Editor => "editor",
            Self::Hooks => "hooks",
            Self::Toolchain => "toolchain",
            Self::Agents => "agents",
            Self::Executable => "executable",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    pub fn meaning(self) -> &'static str {
        match self {
            Self::Ci => "files that run on your CI server",
            Self::Editor => "files that steer your editor when it opens the folder",
            Self::Hooks => "hooks and environment files that your shell or git may load",
            Self::Toolchain => "files that steer package managers and build tools",
            Self::Agents => "instructions that coding agents will follow",
            Self::Executable => "executable files",
        }
    }

    /// The classes a file with this path and executable bit is in.
    pub fn of(path: &ProjectPath, executable: bool) -> BTreeSet<Self> {
        // As any system may fold it: `ſ` is an `s` on a Mac.
        let path = path.fold();
        let name = path.rsplit('/').next().unwrap_or(&path);
        let mut classes = BTreeSet::new();
        let mut add = |class, is: bool| {
            if is {
                classes.insert(class);
            }
        };
        let within = |folders: &[&str]| path.split('/').any(|part| folders.contains(&part));
        add(
            Self::Ci,
            path.starts_with(".github/")
                || within(&[
                    ".circleci",
                    ".gitlab",
                    ".buildkite",
                    ".woodpecker",
                    ".forgejo",
                    ".gitea",
                    ".teamcity",
                ])
                || [
                    ".gitlab-ci.yml",
                    ".travis.yml",
                    "azure-pipelines.yml",
                    "jenkinsfile",
                    "bitbucket-pipelines.yml",
                    "appveyor.yml",
                    ".appveyor.yml",
                    ".drone.yml",
                    ".cirrus.yml",
                    "cloudbuild.yaml",
                    "buildspec.yml",
                ]
                .contains(&name),
        );
        add(
            Self::Editor,
            within(&[".vscode", ".idea", ".zed", ".devcontainer", ".fleet", ".vs"])
                || [
                    ".vimrc",
                    ".nvimrc",
                    ".exrc",
                    ".nvim.lua",
                    ".lvimrc",
                    ".dir-locals.el",
                    ".devcontainer.json",
                ]
                .contains(&name)
                || name.ends_with(".code-workspace"),
        );
        add(
            Self::Hooks,
            within(&[".husky", ".githooks", ".direnv"])
                // An example is read by people; nothing loads it.
                || (name.starts_with(".env") && name != ".env.example")
                || [
                    ".pre-commit-config.yaml",
                    ".pre-commit-hooks.yaml",
                    ".gitattributes",
                    ".gitmodules",
                    ".gitconfig",
                    "lefthook.yml",
                    ".lefthook.yml",
                    "lefthook.yaml",
                    ".bashrc",
                    ".zshrc",
                    ".profile",
                    ".autoenv",
                    ".mise.toml",
                    "mise.toml",
                    ".tool-versions",
                ]
                .contains(&name),
        );
        add(
            Self::Toolchain,
            within(&[".cargo", ".mvn", ".yarn"])
                || [
                    ".npmrc",
                    ".yarnrc",
                    ".yarnrc.yml",
                    ".pnpmfile.cjs",
                    "build.rs",
                    "makefile",
                    "gnumakefile",
                    "package.json",
                    "pip.conf",
                    ".pypirc",
                    "setup.py",
                    "conftest.py",
                    "justfile",
                    "taskfile.yml",
                    "rakefile",
                    "gemfile",
                    "build.gradle",
                    "build.gradle.kts",
                    "settings.gradle",
                    "settings.gradle.kts",
                    "gradlew",
                    "mvnw",
                    "bunfig.toml",
                    ".bazelrc",
                    "flake.nix",
                    "shell.nix",
                    "sitecustomize.py",
                    "usercustomize.py",
                ]
                .contains(&name)
                || name.starts_with("rust-toolchain")
                || name.ends_with(".pth"),
        );
        add(
            Self::Agents,
            within(&[
                ".cursor",
                ".claude",
                ".windsurf",
                ".aider",
                ".codex",
                ".gemini",
            ]) || [
                "agents.md",
                "claude.md",
                "gemini.md",
                ".mcp.json",
                ".cursorrules",
                ".windsurfrules",
                "copilot-instructions.md",
                ".aider.conf.yml",
            ]
            .contains(&name),
        );
        add(Self::Executable, executable);
        classes
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> ProjectPath {
        ProjectPath::parse(path).unwrap()
    }

    #[test]
    fn files_that_run_later_are_known_in_every_spelling() {
        for (file, class) in [
            (".github/workflows/ci.yml", Class::Ci),
            (".GitHub/Workflows/CI.yml", Class::Ci),
            ("sub/.gitlab-ci.yml", Class::Ci),
            (".vscode/tasks.json", Class::Editor),
            (".v\u{17f}code/tasks.json", Class::Editor),
            ("app/.idea/run.xml", Class::Editor),
            (".husky/pre-commit", Class::Hooks),
            (".env", Class::Hooks),
            (".env.production", Class::Hooks),
            (".envrc", Class::Hooks),
            (".cargo/config.toml", Class::Toolchain),
            ("crates/x/build.rs", Class::Toolchain),
            ("Makefile", Class::Toolchain),
            ("rust-toolchain.toml", Class::Toolchain),
            ("AGENTS.md", Class::Agents),
            (".mcp.json", Class::Agents),
        ] {
            assert_eq!(
                Class::of(&path(file), false),
                BTreeSet::from([class]),
                "{file}"
            );
        }
        assert_eq!(
            Class::of(&path("manage.py"), true),
            BTreeSet::from([Class::Executable])
        );
        assert!(Class::of(&path("src/environment.py"), false).is_empty());
    }

    #[test]
    fn a_star_stays_in_its_folder() {
        let patterns = Patterns::new(["docs/*.md", "src/**"]).unwrap();
        assert!(patterns.allows(&path("docs/a.md")));
        assert!(!patterns.allows(&path("docs/x/a.md")));
        assert!(patterns.allows(&path("src/x/y.rs")));
        assert!(Patterns::new(["{"]).is_err());
    }

    #[test]
    fn names_round_trip() {
        for class in Class::ALL {
            assert_eq!(Class::from_name(class.name()), Some(class));
        }
    }
}
