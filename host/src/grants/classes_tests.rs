use std::collections::BTreeSet;

use super::*;
use crate::path::ProjectPath;

fn classes(path: &str) -> BTreeSet<Class> {
    Class::of(&ProjectPath::parse(path).unwrap(), false)
}

#[track_caller]
fn all_are(class: Class, paths: &[&str]) {
    for path in paths {
        assert!(classes(path).contains(&class), "{path} is no {class}");
    }
}

#[test]
fn what_runs_on_a_server() {
    all_are(
        Ci,
        &[
            ".github/workflows/ci.yml",
            ".github/dependabot.yml",
            ".gitlab-ci.yml",
            "ci/deploy.gitlab-ci.yml",
            ".circleci/config.yml",
            "Jenkinsfile",
            "Jenkinsfile.release",
            "azure-pipelines.yml",
            ".drone.yml",
            ".woodpecker.yaml",
            "cloudbuild.yaml",
            "netlify.toml",
            "vercel.json",
        ],
    );
}

#[test]
fn what_an_editor_loads() {
    all_are(
        Editor,
        &[
            ".vscode/tasks.json",
            "app/.idea/runConfigurations/run.xml",
            ".zed/tasks.json",
            ".devcontainer/devcontainer.json",
            ".devcontainer/docker-compose.yml",
            ".devcontainer.json",
            "shop.code-workspace",
            ".exrc",
            ".nvim.lua",
            ".dir-locals.el",
            ".gitpod.yml",
        ],
    );
}

#[test]
fn what_a_shell_or_version_control_loads() {
    all_are(
        Hooks,
        &[
            ".env",
            ".env.production",
            "deploy/prod.env",
            ".envrc",
            ".tool-versions",
            ".mise.toml",
            "mise.local.toml",
            ".config/mise/config.toml",
            ".husky/pre-commit",
            ".githooks/post-checkout",
            ".pre-commit-config.yaml",
            "lefthook.yml",
            "lefthook-local.yml",
            ".gitattributes",
            "sub/.gitattributes",
            ".gitmodules",
            ".hg/hgrc",
            // A repository inside the project brings a configuration that git obeys.
            "fixtures/repo/HEAD",
        ],
    );
}

#[test]
fn what_steers_package_managers_and_build_tools() {
    all_are(
        Toolchain,
        &[
            ".cargo/config.toml",
            "rust-toolchain",
            "rust-toolchain.toml",
            "crates/x/build.rs",
            ".config/nextest.toml",
            "Makefile",
            "rules.mk",
            "CMakeLists.txt",
            ".npmrc",
            ".yarnrc.yml",
            ".yarn/releases/yarn.cjs",
            "package.json",
            "web/package.json",
            "vite.config.ts",
            ".eslintrc.cjs",
            "setup.py",
            "tests/conftest.py",
            "noxfile.py",
            "tox.ini",
            "evil.pth",
            "gradle/wrapper/gradle-wrapper.properties",
            "build.gradle.kts",
            "pom.xml",
            "NuGet.Config",
            "Directory.Build.props",
            "Gemfile",
            "composer.json",
            ".Rprofile",
            ".ghci",
            ".gdbinit",
            "justfile",
            "flake.nix",
            "node_modules/.bin/tsc",
            "node_modules/left-pad/index.js",
            ".venv/lib/python3.13/site-packages/x.py",
        ],
    );
}

#[test]
fn what_agents_follow() {
    all_are(
        Agents,
        &[
            "AGENTS.md",
            "sub/AGENTS.md",
            "CLAUDE.md",
            "GEMINI.md",
            ".claude/settings.json",
            ".cursor/rules/style.mdc",
            ".cursorrules",
            ".windsurfrules",
            ".mcp.json",
            ".vscode/mcp.json",
            ".github/copilot-instructions.md",
            ".github/instructions/python.instructions.md",
            ".github/prompts/x.md",
            ".clinerules",
            ".clinerules/a.md",
            ".aider.conf.yml",
            ".opencode/agent/x.md",
            ".kiro/steering/product.md",
            ".junie/guidelines.md",
        ],
    );
}

#[test]
fn what_is_executable_by_its_name() {
    all_are(
        Executable,
        &[
            "make.bat",
            "npm.cmd",
            "install.ps1",
            "tool.exe",
            "open me.lnk",
            "x.desktop",
            "x.command",
            "img/desktop.ini",
        ],
    );
    let made_so = ProjectPath::parse("manage.py").unwrap();
    assert_eq!(Class::of(&made_so, true), BTreeSet::from([Executable]));
    assert!(Class::of(&made_so, false).is_empty());
}

#[test]
fn a_file_may_be_in_several_classes() {
    let both = BTreeSet::from([Ci, Agents]);
    assert_eq!(classes(".github/copilot-instructions.md"), both);
    let both = BTreeSet::from([Editor, Agents]);
    assert_eq!(classes(".vscode/mcp.json"), both);
}

#[test]
fn every_spelling_that_lands_on_the_same_file() {
    for (path, class) in [
        (".GitHub/Workflows/CI.yml", Ci),
        ("JENKINSFILE", Ci),
        (".VSCode/tasks.json", Editor),
        (".ENVRC", Hooks),
        ("makeFILE", Toolchain),
        ("Agents.MD", Agents),
        ("Setup.PY", Toolchain),
        // The long s folds to an s on disks that ignore case.
        (".v\u{17f}code/tasks.json", Editor),
        (".hu\u{17f}ky/pre-commit", Hooks),
        ("agent\u{17f}.md", Agents),
    ] {
        assert!(classes(path).contains(&class), "{path} is no {class}");
    }
    // What some disks would fold further is no path of a project at all.
    for path in [
        ".env.",
        ".env ",
        ".vscode./tasks.json",
        ".en\u{200c}v",
        "AGENTS.md::$DATA",
        "GITHUB~1/x",
        ".github\\workflows\\ci.yml",
        "ma\u{212a}efile",
    ] {
        assert!(ProjectPath::parse(path).is_err(), "{path}");
    }
}

#[test]
fn a_project_s_own_files_are_in_none() {
    for path in [
        "README.md",
        "src/main.rs",
        "src/environment.py",
        "app/settings.py",
        "tasks.py",
        "docs/agents/index.md",
        "docs/github/workflows.md",
        "Cargo.toml",
        "pyproject.toml",
        "go.mod",
        "Dockerfile",
        "compose.yaml",
        ".editorconfig",
        ".gitignore",
        ".dockerignore",
        ".env.example",
        "app/.env.sample",
        "config/env.py",
        "header.html",
        "overhead",
        "docs/make.md",
        "docs/makefile.md",
        "config.js",
        "static/site.js",
        "vscode/tasks.json",
        "x.github/y",
    ] {
        assert_eq!(classes(path), BTreeSet::new(), "{path}");
    }
}

#[test]
fn the_table_is_written_as_paths_are_compared() {
    for (class, entries) in TABLE {
        for entry in entries {
            assert_eq!(*entry, entry.to_lowercase(), "{class}");
            assert!(entry.matches('*').count() <= 1, "{entry}");
            let times = entries.iter().filter(|other| *other == entry).count();
            assert_eq!(times, 1, "{entry} is there {times} times");
        }
    }
}
