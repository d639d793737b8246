//! Files that run or steer something later, from a stranger: each needs a yes of its own, and `--yes` is none.

use super::scene::{came_to_nothing, new, world_of};
use crate::guests::guest_of;

/// Writes one file, executable or not.
fn writes(path: &str, executable: bool) -> Vec<u8> {
    let length = path.len();
    let executable = i32::from(executable);
    guest_of(
        "writes",
        &format!(
            "(data (i32.const 2048) \"{path}\")\n(func (export \"generate\") (type $call)\n\
             (call $write (i32.const 2048) (i32.const {length}) (i32.const 0) (i32.const 0) (i32.const {executable}) (i32.const 0) (i32.const 1024))\n\
             (i32.const 1024))"
        ),
    )
}

#[track_caller]
fn asked(path: &str, executable: bool, class: &str) {
    let world = world_of(writes(path, executable));
    let others: Vec<&str> = ["ci", "editor", "hooks", "toolchain", "agents", "executable"]
        .into_iter()
        .filter(|other| *other != class)
        .collect();
    for more in ["--yes", &format!("--yes --allow {}", others.join(","))] {
        let run = new(&world, more).failed_with(4);
        came_to_nothing(&world, &run);
        assert!(run.stderr.contains(&format!("--allow {class}")), "{run}");
        assert!(run.stderr.contains(path), "{run}");
    }
    new(&world, &format!("--allow {class}")).succeeded();
    assert!(world.path("shop").join(path).exists());
    assert!(
        world
            .read("shop/scaffold.lock")
            .contains(&format!("allow = [\"{class}\"]"))
    );
}

macro_rules! asked_for {
    ($($name:ident: $path:expr, $class:expr;)*) => { $(#[test] fn $name() { asked($path, false, $class); })* };
}

asked_for! {
    github_workflows: ".github/workflows/ci.yml", "ci";
    github_workflows_in_capitals: ".GitHub/Workflows/CI.YML", "ci";
    gitlab_ci: ".gitlab-ci.yml", "ci";
    gitlab_ci_below: "sub/.gitlab-ci.yml", "ci";
    vscode: ".vscode/tasks.json", "editor";
    vscode_with_a_long_s: ".v\u{17f}code/tasks.json", "editor";
    idea: ".idea/runConfigurations/x.xml", "editor";
    zed: ".zed/tasks.json", "editor";
    devcontainer: ".devcontainer/devcontainer.json", "editor";
    husky: ".husky/pre-commit", "hooks";
    pre_commit: ".pre-commit-config.yaml", "hooks";
    envrc: ".envrc", "hooks";
    env: ".env", "hooks";
    env_of_production: ".env.production", "hooks";
    gitattributes: ".gitattributes", "hooks";
    gitattributes_below: "sub/.gitattributes", "hooks";
    npmrc: ".npmrc", "toolchain";
    cargo_config: ".cargo/config", "toolchain";
    cargo_config_toml: "sub/.cargo/config.toml", "toolchain";
    rust_toolchain: "rust-toolchain.toml", "toolchain";
    build_script: "crates/x/build.rs", "toolchain";
    makefile: "Makefile", "toolchain";
    package_json: "web/package.json", "toolchain";
    agents: "AGENTS.md", "agents";
    claude: "sub/CLAUDE.md", "agents";
    cursor: ".cursor/rules", "agents";
    mcp: ".mcp.json", "agents";
}

#[test]
fn anything_made_executable() {
    asked("tool", true, "executable");
}

/// What looks alike and steers nothing is not asked for, or people would learn to say yes.
#[test]
fn plain_files_are_not_asked_for() {
    for path in [
        "src/environment.py",
        "docs/makefile.md",
        "github/workflows.txt",
        ".gitignore",
    ] {
        let world = world_of(writes(path, false));
        new(&world, "").succeeded();
    }
}

/// An update that newly wants something shows it and asks; what was granted before is not asked again.
#[test]
fn an_update_that_newly_wants_more() {
    let world = world_of(writes(".vscode/tasks.json", false));
    new(&world, "--allow editor").succeeded();
    let update = |more: &str| {
        world.scaffold(&format!(
            "-C shop update --registry evil={} {more}",
            world.path("registry").display()
        ))
    };
    world.write(
        "evil/generator.wasm",
        writes(".github/workflows/ci.yml", false),
    );
    world.edit("evil/scaffold.toml", "1.0.0", "1.1.0");
    world
        .scaffold("publish evil --no-test --registry registry")
        .succeeded();
    let before = world.files("shop");
    let run = update("--yes").failed_with(4);
    assert!(run.stderr.contains("--allow ci"), "{run}");
    assert!(world.files("shop") == before);
    update("--allow ci").succeeded();
}
