//! Files that run or steer something later, by their paths.
//!
//! A file is in a class if some tool picks it up by itself: on opening the folder, entering it, committing, pushing,
//! installing, or whatever else is run in it. The project's own code is in none, and neither is what only describes
//! it (`Cargo.toml`, `pyproject.toml`, `go.mod`) or runs in a container that a person starts by name (`Dockerfile`,
//! `compose.yaml`): building and running what was generated runs it, which no question asked before can change.
//!
//! A newer version of this program may know more of them. A lock from before still replays; the next command that
//! changes the project asks.

use super::Class::{self, Agents, Ci, Editor, Executable, Hooks, Toolchain};

/// In lower case, as paths are compared. `name` is a file in any folder, `folder/` whatever is below a folder in any
/// folder, `a/b` the end of a path; one `*` in a name stands for anything.
#[rustfmt::skip]
const TABLE: [(Class, &[&str]); 6] = [
    (Ci, &[
        ".github/", ".gitlab/", ".circleci/", ".buildkite/", ".woodpecker/", ".forgejo/", ".gitea/", ".teamcity/",
        ".tekton/", ".semaphore/", ".harness/", ".builds/", ".azuredevops/", ".azure-pipelines/",
        "*.gitlab-ci.yml", "*.gitlab-ci.yaml", ".travis.yml", "azure-pipelines*", "jenkinsfile*",
        "bitbucket-pipelines.yml", "appveyor.yml", ".appveyor.yml", ".drone.*", ".woodpecker.*", ".cirrus.*", ".build.yml",
        "cloudbuild.yaml", "cloudbuild.yml", "cloudbuild.json", "buildspec*.yml", "buildspec*.yaml", "codemagic.yaml",
        "bitrise.yml", "wercker.yml", "netlify.toml", "vercel.json", "dangerfile*",
    ]),
    (Editor, &[
        ".vscode/", ".idea/", ".zed/", ".devcontainer/", ".fleet/", ".vs/", ".nova/", ".helix/", ".lapce/", ".theia/",
        ".settings/", ".idx/", ".codesandbox/", "nbproject/",
        "*.code-workspace", "*.sublime-project", ".project", ".devcontainer.json", ".gitpod.*", ".replit",
        ".vimrc", "_vimrc", ".gvimrc", ".nvimrc", ".exrc", "_exrc", ".nvim.lua", ".lvimrc", ".dir-locals*.el",
    ]),
    (Hooks, &[
        // Shells that load an environment on entering a folder.
        ".direnv/", ".env*", "*.env", ".flaskenv", ".autoenv*", ".mise/", ".mise*.toml", "mise*.toml", "mise/config*.toml",
        ".rtx.toml", ".tool-versions", "devbox.json", "devenv.*", ".shadowenv.d/",
        ".bashrc", ".bash_*", ".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout", ".profile", ".kshrc", ".cshrc",
        ".tcshrc", ".inputrc",
        // What version control runs. A folder with a `HEAD` may be a repository with a configuration of its own.
        ".husky/", ".husky*", ".githooks/", ".git-hooks/", ".lefthook/", "lefthook.*", "lefthook-local.*", ".lefthook.*",
        ".lefthook-local.*", ".pre-commit-config.*", ".pre-commit-hooks.*", "prek.toml", ".overcommit.yml",
        ".gitattributes", ".gitmodules", ".gitconfig", "head", ".hg/", ".hgrc", ".svn/", ".bzr/", ".jj/", ".sl/",
    ]),
    (Toolchain, &[
        // Rust, C and C++.
        ".cargo/", "rust-toolchain*", "build.rs", ".config/nextest.toml",
        "makefile", "makefile.in", "makefile.am", "gnumakefile", "bsdmakefile", "*.mk", "cmakelists.txt", "*.cmake", "cmake*presets.json",
        "configure.ac", "meson.build", "sconstruct", "sconscript", "wscript", "build.ninja", "build.zig",
        ".gdbinit", ".lldbinit",
        // JavaScript: manifests with scripts, and configurations that are code.
        ".yarn/", ".npmrc", ".yarnrc*", ".pnp.*", ".pnpmfile.*", "pnpm-workspace.yaml", "package.json", ".bowerrc",
        "bunfig.toml", "deno.json", "deno.jsonc", "gulpfile*", "gruntfile*", ".*rc.js", ".*rc.cjs", ".*rc.mjs", ".*rc.ts",
        "*.config.js", "*.config.cjs", "*.config.mjs", "*.config.ts", "*.config.cts", "*.config.mts",
        // Python.
        "pip.conf", "pip.ini", ".pypirc", ".condarc", "uv.toml", "setup.py", "setup.cfg", "hatch_build.py", "conftest.py",
        "sitecustomize.py", "usercustomize.py", "*.pth", "pyvenv.cfg", ".pdm-python", "noxfile.py", "tox.ini", "fabfile.py",
        "dodo.py", ".pylintrc", "pylintrc",
        // The JVM.
        ".mvn/", "gradle/wrapper/", "gradlew", "gradlew.*", "mvnw", "mvnw.*", "pom.xml", "build.xml", "*.gradle",
        "*.gradle.kts", "gradle.properties", "*.sbt", ".sbtopts", ".jvmopts", "build.sc", "build.mill", "project.clj",
        // .NET.
        "directory.build.*", "directory.packages.props", "directory.solution.*", "nuget.config", "global.json",
        ".config/dotnet-tools.json", "*.csproj", "*.fsproj", "*.vbproj", "*.vcxproj",
        // Ruby, PHP, Elixir, R, Haskell, Swift, Perl, Go.
        ".bundle/", "gemfile", "gems.rb", "rakefile", "rakefile.rb", "guardfile", "podfile", "fastfile", "*.gemspec", ".rspec",
        ".irbrc", ".pryrc", "composer.json", ".user.ini", "mix.exs", ".iex.exs", ".formatter.exs", "rebar.config",
        ".rprofile", ".renviron", ".ghci", "setup.hs", "setup.lhs", "package.swift", "project.pbxproj", "makefile.pl",
        "build.pl", "magefile.go",
        // Other runners.
        "justfile", ".justfile", "taskfile.*", "taskfile.dist.*", ".bazelrc", "workspace", "workspace.bazel",
        "module.bazel", "build.bazel", "*.bzl", ".buckconfig", "tiltfile", "earthfile", "vagrantfile", "ansible.cfg",
        "flake.nix", "shell.nix", "default.nix", ".terraform/", "terragrunt.hcl",
        // What an installer would have put there.
        "node_modules/", ".venv/", "venv/", "__pypackages__/", "site-packages/",
    ]),
    (Agents, &[
        ".cursor/", ".claude/", ".windsurf/", ".aider*/", ".codex/", ".gemini/", ".continue/", ".cline/", ".clinerules/",
        ".roo/", ".kilocode/", ".kiro/", ".junie/", ".augment/", ".amazonq/", ".trae/", ".qwen/", ".opencode/", ".crush/",
        ".goose/", ".openhands/", ".tabnine/", ".factory/", ".agents/", ".agent/", ".copilot/",
        ".github/instructions/", ".github/prompts/", ".github/agents/", ".github/chatmodes/", ".github/skills/",
        "agents.md", "agents.override.md", "agent.md", "claude.md", "claude.local.md", "gemini.md", "qwen.md", "crush.md",
        "warp.md", "replit.md", "skill.md", "copilot-instructions.md", "*.instructions.md", "*.prompt.md", "*.chatmode.md",
        "*.agent.md", ".mcp.json", "mcp.json", "opencode.json*", "crush.json", ".cursorrules", ".windsurfrules",
        ".clinerules", ".roorules*", ".roomodes", ".rules", ".goosehints", ".aider*", ".augment-guidelines",
    ]),
    // Where no mode makes a file executable, its name does. Some are run by only looking at the folder.
    (Executable, &[
        "*.exe", "*.com", "*.bat", "*.cmd", "*.ps1", "*.vbs", "*.wsf", "*.hta", "*.scr", "*.msi", "*.lnk", "*.url", "*.scf",
        "*.desktop", "*.command", "desktop.ini", "autorun.inf",
    ]),
];

/// Examples that are read by people; nothing loads them.
const EXAMPLES: [&str; 3] = [".env.example", ".env.sample", ".env.template"];

/// The classes of a path in [`ProjectPath::fold`](crate::path::ProjectPath::fold)'s form.
pub(super) fn of(folded: &str) -> impl Iterator<Item = Class> {
    let path = format!("/{folded}");
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_example = EXAMPLES.contains(&name);
    let classes = TABLE.iter().filter(move |(class, entries)| {
        !(is_example && *class == Hooks) && entries.iter().any(|entry| is(entry, &path))
    });
    classes.map(|(class, _)| *class)
}

/// Whether an entry means a path that begins with a slash.
fn is(entry: &str, path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or_default();
    match entry.strip_suffix('/') {
        Some(folder) if folder.contains('/') => path.contains(&format!("/{entry}")),
        Some(folder) => folders.split('/').any(|part| is_named(folder, part)),
        None => match entry.rsplit_once('/') {
            Some((within, last)) => {
                let within = folders.strip_suffix(within);
                within.is_some_and(|rest| rest.ends_with('/')) && is_named(last, name)
            }
            None => is_named(entry, name),
        },
    }
}

fn is_named(entry: &str, name: &str) -> bool {
    match entry.split_once('*') {
        Some((begins, ends)) => {
            name.len() >= begins.len() + ends.len()
                && name.starts_with(begins)
                && name.ends_with(ends)
        }
        None => entry == name,
    }
}

#[cfg(test)]
#[path = "classes_tests.rs"]
mod tests;
