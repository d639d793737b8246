#!/bin/bash
# Takes every defence away once and sees the attacks succeed: a test that passes without what it tests proves nothing.
#
#   tests/prove-defences.sh [FOLDER [BATCH…]]
#
# Each file in tests/attacks/removed is a patch that removes one defence, and names the tests that have to fail then. They are
# applied by batches to a copy of what is committed, in FOLDER (a new one by default; one that is given is kept, and used
# again the next time with all that was built). RUN may hold a command that each build with its tests is started with. Prints what failed under each patch, and fails itself if a test that is named passed.
set -euo pipefail
cd "$(dirname "$0")/.."
here=$PWD
if [ $# -gt 0 ]; then
  work=$1
  shift
  mkdir -p "$work"
else
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
fi
export CARGO_TARGET_DIR=$work/target
removed=$here/tests/attacks/removed
run() { ${RUN:-} "$@"; }

field() { sed -n "s/^$2: //p" "$1"; }
batches=${*:-$(for patch in "$removed"/*.patch; do field "$patch" Batch; done | sort -nu)}
proven=0 missed=0

for batch in $batches; do
  # Files that did not change keep their time, so that only what did is built again.
  mkdir -p "$work/fresh" "$work/src"
  git archive HEAD | tar -xm -C "$work/fresh"
  patches=()
  for patch in "$removed"/*.patch; do
    [ "$(field "$patch" Batch)" = "$batch" ] || continue
    # Not git's repository, or it would look for the files there.
    (cd "$work/fresh" && GIT_CEILING_DIRECTORIES=$work git apply -C1 "$patch") ||
      { echo "batch $batch: $(basename "$patch") does not apply"; exit 2; }
    patches+=("$patch")
  done
  (cd "$work/fresh" && find . -type f -print0) | while IFS= read -r -d '' file; do
    if ! cmp -s "$work/fresh/$file" "$work/src/$file"; then
      mkdir -p "$(dirname "$work/src/$file")"
      cp -p "$work/fresh/$file" "$work/src/$file"
    fi
  done
  rm -rf "$work/fresh"
  cd "$work/src"
  expression=
  for patch in "${patches[@]}"; do
    for test in $(field "$patch" Fails); do
      expression="$expression${expression:+ | }test(=$test) | test(=attacks::$test)"
    done
  done
  run cargo nextest run -p scaffold --test e2e --no-fail-fast --retries 0 --failure-output never \
    -E "$expression" >"$work/batch-$batch.log" 2>&1 || true
  grep -q Summary "$work/batch-$batch.log" ||
    { echo "batch $batch does not build or run"; tail -40 "$work/batch-$batch.log"; exit 2; }
  failed=$(sed -nE 's/^ *(FAIL|SIGSEGV|SIGABRT|SIGILL|TIMEOUT).*::e2e (attacks::)?//p' "$work/batch-$batch.log" | sort -u)
  for patch in "${patches[@]}"; do
    printf '%-22s %s\n' "$(basename "$patch" .patch)" "$(field "$patch" Defence)"
    for test in $(field "$patch" Fails); do
      if grep -qx "$test" <<<"$failed"; then
        echo "    failed  $test"
        proven=$((proven + 1))
      else
        echo "    PASSED  $test"
        missed=$((missed + 1))
      fi
    done
  done
  cd "$here"
done
echo "$proven tests failed without their defence; $missed passed."
[ "$missed" = 0 ]
