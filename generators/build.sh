#!/usr/bin/env bash
# Builds the official packages from source into registry/official, the tree that the binary embeds.
#
#   generators/build.sh            rewrites registry/official
#   generators/build.sh --check    builds into a temporary folder and compares; changes nothing
#
# Of each package, the version that its sources name is built and replaces the one of that number. Older versions
# have no sources any more: their archives and statements are kept, byte for byte, and hashed. So what was released
# stays as it is once the sources name a newer version, and `version` is raised before anything else is changed.
#
#   SCAFFOLD           the scaffold binary that packs and publishes; default: built here, dev profile
#   GUEST_TOOLCHAIN    see generators/toolchain.sh
#
# The same compiler gives the same bytes in any folder, so `--check` then asks for equal digests. Another
# compiler gives other bytes that must do the same, so `--check` then asks for equal projects.
set -euo pipefail

target=wasm32-unknown-unknown
# In the order they are published: an engine before what runs on it, a base before what joins it.
packages=(template django django-auth django-app)
# What `--check` makes with both registries when the compilers differ, one run a line.
answers=(
  "--defaults"
  "--with auth --defaults"
  "--with auth --defaults --database postgres --frontend htmx --error-reports sentry"
  "--with auth,app --defaults --model OrderLine"
)

story() { printf '%s\n' "$*" >&2; }
fail() {
  story "error: $*"
  exit 1
}

check=
case "${1-}" in
  "") ;;
  --check) check=yes ;;
  *) fail "unknown argument: $1 (generators/build.sh [--check])" ;;
esac

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
official=$root/registry/official
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

sha256_of_stdin() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d' ' -f1; }
sha256() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1; }
target_directory=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')

# The value of one `key = value` line of a record.
recorded() { [ -e "$1" ] && sed -n "s|^$2 = ||p" "$1"; }

# Compiles the Rust package in generators/$1; `core` is then the path of the core module.
compile() {
  local crate cargo_home sysroot flags output
  crate=$(sed -n 's/^name *= *"\(.*\)"/\1/p' "generators/$1/Cargo.toml" | head -n 1)
  cargo_home=$(cd "${CARGO_HOME:-$HOME/.cargo}" && pwd -P)
  sysroot=$("$RUSTC" --print sysroot)
  # What was compiled against another standard library is not to be mixed in, and cargo does not look at its bytes.
  output=$target_directory/guests/$(cat "$sysroot/lib/rustlib/$target/lib"/libstd-*.rlib | sha256_of_stdin | cut -c1-16)
  # No path of this machine may reach the module: each is given a name. Where two fit, the later one counts.
  printf -v flags '%s\x1f' \
    "--remap-path-prefix=$sysroot/lib/rustlib/src/rust=/rustc/$("$RUSTC" -vV | sed -n 's/^commit-hash: //p')" \
    "--remap-path-prefix=$cargo_home=/cargo" \
    "--remap-path-prefix=$root=/scaffold" \
    "--remap-path-prefix=$output=/target"
  CARGO_ENCODED_RUSTFLAGS=${flags%$'\x1f'} cargo build --quiet --locked --package "$crate" --lib \
    --profile guest --target "$target" --target-dir "$output" >&2
  core=$output/$target/guest/${crate//-/_}.wasm
}

# Copies what belongs to the package in generators/$1 to $2. The sources of a component do not.
stage() {
  cp -R "generators/$1" "$2"
  if [ -e "$2/Cargo.toml" ]; then
    rm -rf "$2/Cargo.toml" "$2/src" "$2/tests" "$2/benches" "$2/examples"
  fi
}

# The value of a key of `[package]` in the manifest of generators/$1.
manifest() { sed -n "/^\[package\]/,/^\[\[/s/^$2 *= *\"\(.*\)\"/\1/p" "generators/$1/scaffold.toml"; }

# What one version of a package says of itself, in a statement or a line of the index; being yanked is not part of it.
said() { sed -n "/\"version\":\"$2\"/s/,\"yanked\":.*//p" "$1"; }

# Copies to the registry $1 what registry/official holds and the sources do not name: an older version's archive, its
# statement, and its line in the index, which alone says what is yanked. All three have to say the same.
keep_older_versions() {
  local package current note name version statement digest blob index
  for package in "${packages[@]}"; do
    name=$(manifest "$package" name)
    current=$(manifest "$package" version)
    index=v1/index/$name
    for note in "$official/v1/releases/$name"/*.note; do
      [ -e "$note" ] || continue
      version=$(basename "$note" .note)
      if [ "$version" = "$current" ]; then continue; fi
      [ "$(printf '%s\n' "$version" "$current" | sort -V | tail -n 1)" = "$current" ] ||
        fail "generators/$package: $name $version is out already: raise the version above that"
      story "keeping $name $version"
      statement=$(said "$note" "$version")
      digest=$(sed 's/.*"blob":"sha256:\([0-9a-f]*\)".*/\1/' <<<"$statement")
      blob=v1/blobs/sha256/${digest:0:2}/$digest
      if [ ! -e "$official/$blob" ] || [ "$(sha256 "$official/$blob")" != "$digest" ]; then
        fail "registry/official: the archive of $name $version is not the one that was released: $blob"
      fi
      [ "$(said "$official/$index" "$version")" = "$statement" ] ||
        fail "registry/official: the index says of $name $version what its statement does not"
      mkdir -p "$1/${blob%/*}" "$1/v1/releases/$name" "$1/${index%/*}"
      cp "$official/$blob" "$1/$blob"
      cp "$note" "$1/v1/releases/$name/"
      grep -F "\"version\":\"$version\"" "$official/$index" >>"$1/$index"
    done
  done
}

# Publishes every package into the registry $1 and writes how it was built to $2.
build() {
  local package core
  {
    printf '%s\n' "# How the components in this tree were built. Written and read by generators/build.sh."
    printf 'compiler = %s\n' "$("$RUSTC" -V)"
    printf 'linker = %s\n' "$linker"
  } >"$2"
  mkdir -p "$1/v1"
  # What a registry calls itself is decided once and not derived from its packages.
  if [ -e "$official/v1/config.json" ]; then cp "$official/v1/config.json" "$1/v1/config.json"; fi
  keep_older_versions "$1"
  for package in "${packages[@]}"; do
    stage "$package" "$work/$package"
    if [ -e "generators/$package/Cargo.toml" ]; then
      story "compiling $package"
      compile "$package"
      if grep -aqF "$root" "$core" || grep -aqF "$HOME/" "$core"; then
        fail "generators/$package: the module holds a path of this machine, so it cannot be built again elsewhere"
      fi
      cp "$core" "$work/$package/generator.wasm"
      printf 'core.%s = sha256:%s\n' "$package" "$(sha256 "$core")" >>"$2"
    fi
    story "publishing $package"
    "$scaffold" publish "$work/$package" --no-test --registry "$1" >&2
  done
}

# The digests of all blobs of a registry.
blobs() { (cd "$1/v1/blobs" && find . -type f | LC_ALL=C sort); }

# Everything of a registry that is derived from its packages; locks of a publisher are not.
same_registry() {
  diff -r --brief --exclude='*.lock' --exclude='.*' --exclude=compiler.txt "$official" "$1" >&2
}

# Makes a project with a registry: $1 the registry, $2 the folder, then the arguments.
project() {
  local registry=$1 folder=$2
  shift 2
  mkdir -p "$folder"
  (cd "$folder" && SCAFFOLD_CACHE=$work/cache "$scaffold" new django shop --registry "$registry" \
    --yes --no-input --quiet "$@" >&2)
}

# Secrets are fresh in each project and the lock names the packages' digests; all else must be equal.
same_projects() {
  local number=0 line words
  for line in "${answers[@]}"; do
    number=$((number + 1))
    read -ra words <<<"$line"
    story "comparing the projects of: new django shop $line"
    project "$official" "$work/projects/$number/official" "${words[@]}"
    project "$1" "$work/projects/$number/built" "${words[@]}"
    diff -r --exclude=scaffold.lock \
      --ignore-matching-lines='^[A-Z_]*\(SECRET\|PASSWORD\|DATABASE_URL\)[A-Z_]*=' \
      "$work/projects/$number/official" "$work/projects/$number/built" >&2 ||
      fail "the packages built from source make another project than the committed ones"
  done
}

# The binary is compiled before the guests' compiler takes the place of the usual one.
if [ -n "${SCAFFOLD-}" ]; then
  scaffold=$(cd "$(dirname "$SCAFFOLD")" && pwd -P)/$(basename "$SCAFFOLD")
else
  story "building scaffold"
  cargo build --quiet --locked --package scaffold >&2
  scaffold=$target_directory/debug/scaffold
fi
[ -x "$scaffold" ] || fail "no scaffold binary at $scaffold"

vars=$(generators/toolchain.sh)
eval "$vars"
linker=$("$CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER" -flavor wasm --version 2>/dev/null ||
  "$CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER" --version)
linker=${linker%%$'\n'*}
story "compiler: $("$RUSTC" -V); linker: $linker"

build "$work/registry" "$work/compiler.txt"

if [ -z "$check" ]; then
  mkdir -p "$official"
  rm -rf "$official/v1"
  mv "$work/registry/v1" "$official/v1"
  cp "$work/compiler.txt" "$official/compiler.txt"
  story "registry/official is rebuilt"
  exit
fi

[ -e "$official/compiler.txt" ] || fail "registry/official was never built: run generators/build.sh and commit it"
if [ "$(recorded "$official/compiler.txt" compiler)" = "$(recorded "$work/compiler.txt" compiler)" ] &&
  [ "$(recorded "$official/compiler.txt" linker)" = "$(recorded "$work/compiler.txt" linker)" ]; then
  story "the compiler is the recorded one: every digest must be equal"
  diff "$official/compiler.txt" "$work/compiler.txt" >&2 ||
    fail "the modules differ from the committed ones: run generators/build.sh and commit registry/official"
  if ! diff <(blobs "$official") <(blobs "$work/registry") >&2 || ! same_registry "$work/registry"; then
    fail "registry/official is not what the sources give: run generators/build.sh and commit it"
  fi
else
  story "another compiler ($(recorded "$official/compiler.txt" compiler)) built the committed packages:"
  story "the digests may differ, the projects must not"
  same_projects "$work/registry"
fi
story "registry/official is what the sources give"
