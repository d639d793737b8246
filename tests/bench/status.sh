#!/usr/bin/env bash
# How fast is `scaffold status`? Beside `git status` in the same folder, on projects of a thousand files and more. Prints
# a table on stdout. Never part of the tests.
#
#   tests/bench/status.sh [FILES…]     default: 1000 10000 100000
#
#   SCAFFOLD    the binary to measure; default: the release build, built here first
#   BENCH_DIR   where the projects are written; default: a temporary folder
#   RUNS        runs of each command; default 20
#
# Needs hyperfine, git and python3 (Debian: apt-get install hyperfine).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
for tool in hyperfine git python3; do
  command -v "$tool" >/dev/null || { printf 'error: %s is needed and not on the PATH\n' "$tool" >&2; exit 1; }
done
if [ -n "${SCAFFOLD-}" ]; then
  scaffold=$(cd "$(dirname "$SCAFFOLD")" && pwd -P)/$(basename "$SCAFFOLD")
else
  (cd "$root" && cargo build --quiet --locked --release --package scaffold >&2)
  target=$(cd "$root" && cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
  scaffold=$target/release/scaffold
fi
mkdir -p "${BENCH_DIR:-${TMPDIR:-/tmp}}"
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/scaffold-status.XXXXXX")
trap 'rm -rf "$work"' EXIT
export SCAFFOLD_CACHE=$work/cache HOME=$work/home GIT_CONFIG_NOSYSTEM=1
mkdir "$HOME"
[ $# -gt 0 ] || set -- 1000 10000 100000

printf '| files | `scaffold status` | `git status` | ratio |\n|---|---|---|---|\n'
for files; do
  at=$work/$files
  packages=$(python3 "$root/tests/bench/many_files.py" "$at/packages" "$files")
  modules=()
  for package in $packages; do
    "$scaffold" publish "$at/packages/$package" --no-test --registry "$at/registry" --quiet >/dev/null
    if [ "$package" != g0 ]; then modules+=(--with "acme/$package"); fi
  done
  (cd "$at" && "$scaffold" --registry "$at/registry" new acme/g0 shop "${modules[@]}" --defaults --yes --quiet >/dev/null)
  cd "$at/shop"
  git init --quiet
  git add --all
  git -c user.name=bench -c user.email=bench@example.org commit --quiet --message all
  [ "$("$scaffold" status --exit-code 2>&1 | tail -1 | grep -c 'all as the generators made them')" = 1 ]
  [ -z "$(git status --porcelain)" ]
  # A file that was just written may be written again within one tick of the clock, so neither of the two trusts its times.
  sleep 3
  hyperfine --shell=none --style none --warmup 2 --runs "${RUNS:-20}" --export-json "$work/$files.json" \
    "$scaffold status" "git status --porcelain" >/dev/null
  python3 - "$work/$files.json" "$files" <<'PYTHON'
import json, sys
ours, git = (result["median"] * 1000 for result in json.load(open(sys.argv[1]))["results"])
print(f"| {sys.argv[2]} | {ours:.1f} ms | {git:.1f} ms | {ours / git:.1f} × |", flush=True)
PYTHON
  cd "$root"
  rm -rf "$at"
done
