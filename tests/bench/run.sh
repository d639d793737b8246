#!/usr/bin/env bash
# How fast is it? Measures everything docs/PERFORMANCE.md speaks of, in one run on one machine, and prints
# a table on stdout. Never part of the tests: a timed test fails on a busy machine and proves nothing on an idle one.
#
#   tests/bench/run.sh [--runs N] [--quick]
#
#   --runs N    runs of each of the fast commands; default 30
#   --quick     5 runs of everything and no build of the benchmark of the sandbox: to see whether this script works
#   SCAFFOLD    the binary to measure; default: the release build, built here first
#   BENCH_DIR   where the projects are written, to measure one file system or another; default: a temporary folder
#
# Needs hyperfine and GNU time (Debian: apt-get install hyperfine time) and python3; cookiecutter is installed into a
# virtual environment below the target folder.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cookiecutter_version=2.7.1
runs=30
slow_runs=10
quick=
while [ $# -gt 0 ]; do
  case $1 in
    --runs) runs=${2:?--runs needs a number}; shift 2 ;;
    --quick) quick=yes; runs=5; slow_runs=5; shift ;;
    *) printf 'unknown argument: %s\n' "$1" >&2; exit 2 ;;
  esac
done

story() { printf '%s\n' "$*" >&2; }
fail() {
  story "error: $*"
  exit 1
}
for tool in hyperfine python3; do
  command -v "$tool" >/dev/null || fail "$tool is needed and not on the PATH"
done
/usr/bin/time -f %M true 2>/dev/null || fail "GNU time is needed as /usr/bin/time"

cd "$root"
target_directory=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
if [ -n "${SCAFFOLD-}" ]; then
  scaffold=$(cd "$(dirname "$SCAFFOLD")" && pwd -P)/$(basename "$SCAFFOLD")
else
  story "building scaffold, release"
  cargo build --quiet --locked --release --package scaffold >&2
  scaffold=$target_directory/release/scaffold
fi

tools=$target_directory/bench-tools
if [ "$("$tools/bin/cookiecutter" --version 2>/dev/null | awk '{ print $2 }')" != "$cookiecutter_version" ]; then
  story "installing cookiecutter $cookiecutter_version"
  python3 -m venv "$tools"
  "$tools/bin/pip" --quiet --disable-pip-version-check install "cookiecutter==$cookiecutter_version"
fi

mkdir -p "${BENCH_DIR:-${TMPDIR:-/tmp}}"
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/scaffold-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
case $work in *[[:space:]]*) fail "hyperfine splits commands at blanks, and $work has one: set BENCH_DIR" ;; esac
mkdir "$work/out" "$work/results"
export SCAFFOLD_CACHE=$work/cache

new=("$scaffold" new django "$work/out/shop" --with auth --defaults --yes --no-input --quiet)

# The tree that the others copy and render. This run also fills the cache.
"${new[@]}" >/dev/null
mv "$work/out/shop" "$work/tree"

# The same files as a template of cookiecutter's. It counts only if the same files come out.
python3 tests/bench/cookiecutter_template.py "$work/tree" "$work/template" shop
printf 'replay_dir: %s\ncookiecutters_dir: %s\n' "$work/replay" "$work/none" >"$work/cookiecutter.yaml"
cookiecutter=("$tools/bin/cookiecutter" "$work/template" --no-input --config-file "$work/cookiecutter.yaml"
  --output-dir "$work/out")
"${cookiecutter[@]}"
diff -r "$work/tree" "$work/out/shop" >&2 || fail "cookiecutter makes another tree, so comparing with it means nothing"
rm -rf "$work/out/shop"

# measure NAME RUNS PREPARE COMMAND…
measure() {
  local name=$1 count=$2 prepare=$3
  shift 3
  story "measuring: $name"
  # No shell in between: on a command of a few milliseconds it would be most of what is measured.
  hyperfine --shell=none --style none --warmup 2 --runs "$count" --prepare "$prepare" \
    --export-json "$work/results/$name.json" "$*" >/dev/null
}

# Moved away and not removed: a file system that has just freed a hundred inodes is slow to give them out again, and
# that would be most of what is measured.
mkdir "$work/aside"
cat >"$work/clear" <<END
#!/bin/sh
if [ "\${1-}" = cache ]; then rm -rf "$work/cache"; fi
if [ -e "$work/out/shop" ]; then mv "$work/out/shop" "\$(mktemp -d "$work/aside/XXXXXX")"; fi
END
chmod +x "$work/clear"
clear_out=$work/clear
measure new "$runs" "$clear_out" "${new[@]}"
measure copy "$runs" "$clear_out" cp -r "$work/tree" "$work/out/shop"
measure cookiecutter "$slow_runs" "$clear_out" "${cookiecutter[@]}"
measure first "$slow_runs" "$work/clear cache" "${new[@]}"
measure start "$runs" true "$scaffold" --version

# Most memory in use at one time, in KiB: memory NAME COMMAND…
memory() {
  local name=$1
  shift
  "$work/clear"
  /usr/bin/time -f %M -o "$work/results/$name.kib" "$@" >/dev/null
}
memory new "${new[@]}"
memory cookiecutter "${cookiecutter[@]}"
rm -rf "$work/cache"
memory first "${new[@]}"

python3 tests/bench/report.py "$work/results" "$work/tree"

# The same template rendered natively and inside the sandbox, in one process without any input or output.
if [ -n "$quick" ]; then exit; fi
story "measuring: the sandbox against native"
cargo bench --quiet --locked --package scaffold-bench --bench sandbox

story "measuring: replaying a lock file"
cargo bench --quiet --locked --package scaffold-bench --bench replay

story "measuring: status beside git status"
SCAFFOLD=$scaffold BENCH_DIR=$work tests/bench/status.sh
