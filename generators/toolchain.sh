#!/usr/bin/env bash
# Finds or makes a compiler for guests and prints it as shell assignments (the story goes to stderr):
#
#   vars=$(generators/toolchain.sh) && eval "$vars"
#
# An installed wasm32 standard library is always preferred: `rustup target add wasm32-unknown-unknown` is all
# it takes. Where rustup can fetch nothing, a Debian system's packages give a compiler and the sources of its
# standard library. They are unpacked into a private folder, nothing is installed, and the library is compiled
# there once (about a minute, 550 MB).
#
#   GUEST_TOOLCHAIN   that folder; default ${XDG_CACHE_HOME:-$HOME/.cache}/rust-wasm
set -euo pipefail

target=wasm32-unknown-unknown
story() { printf '%s\n' "$*" >&2; }
give() { printf 'export %s=%q\n' "$1" "$2"; }

# Linker of the toolchain cargo belongs to: the one that rustup ships beside rustc, or else one from the system.
linker() {
  local host sysroot name
  host=$(rustc -vV | sed -n 's/^host: //p')
  sysroot=$(rustc --print sysroot)
  if [ -x "$sysroot/lib/rustlib/$host/bin/rust-lld" ]; then
    printf '%s\n' "$sysroot/lib/rustlib/$host/bin/rust-lld"
    return
  fi
  for name in rust-lld wasm-ld lld wasm-ld-22 wasm-ld-21 wasm-ld-20 wasm-ld-19; do
    if command -v "$name"; then return; fi
  done
  story "error: no linker for WebAssembly: neither rust-lld beside rustc nor wasm-ld on the PATH"
  story "  install rustup's toolchain, or the package lld"
  return 1
}

compiler=${RUSTC:-rustc}
libraries=$("$compiler" --print sysroot)/lib/rustlib/$target/lib
if compgen -G "$libraries/libstd-*.rlib" >/dev/null; then
  found=$(linker)
  give RUSTC "$compiler"
  give CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER "$found"
  exit
fi

if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  story "error: no standard library for $target, which guests are built for"
  story "  rustup target add $target"
  exit 1
fi

prefix=${GUEST_TOOLCHAIN:-${XDG_CACHE_HOME:-$HOME/.cache}/rust-wasm}
mkdir -p "$prefix"
prefix=$(cd "$prefix" && pwd -P)
cargo_home=${CARGO_HOME:-$HOME/.cargo}

# Two builds at once must not unpack over each other.
if command -v flock >/dev/null; then
  exec 9>"$prefix/.lock"
  flock 9
fi

# What the runtime libraries are called moves with the compiler's version, so the package index is asked.
depends() { apt-cache depends "$1" | awk -v want="$2" '$1 == "Depends:" && $2 ~ want { print $2 }'; }

unpack_compiler() {
  local std packages file
  story "no standard library for $target is installed; unpacking Debian's rustc-web into $prefix"
  if ! apt-cache policy rust-web-src | grep -q 'Candidate: [0-9]'; then
    apt-get -qq update >&2
  fi
  std=$(depends libstd-rust-web-dev '^libstd-rust-web-[0-9]')
  packages="rustc-web libstd-rust-web-dev rust-web-src $std $(depends "$std" '^libllvm')"

  rm -rf "$prefix/root" "$prefix/root.new" "$prefix/debs"
  mkdir -p "$prefix/root.new" "$prefix/debs"
  # shellcheck disable=SC2086 # a list of words
  (cd "$prefix/debs" && apt-get -qq -o APT::Sandbox::User=root download $packages >&2)
  for file in "$prefix"/debs/*.deb; do
    case ${file##*/} in
      # The sources of the library, without those of the compiler.
      rust-web-src_*)
        dpkg-deb --fsys-tarfile "$file" |
          tar -x -C "$prefix/root.new" --wildcards './usr/src/rustc-*/library' './usr/lib/rustlib/src*' ;;
      *) dpkg-deb -x "$file" "$prefix/root.new" ;;
    esac
  done
  rm -rf "$prefix/debs" "$prefix/root.new/usr/share" "$prefix/root.new/usr/libexec"
  mv "$prefix/root.new" "$prefix/root"

  # Its libraries lie in the private folder, where the loader would not look.
  cat >"$prefix/rustc" <<'WRAPPER'
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
for libraries in "$root"/usr/lib/*-linux-gnu; do
  LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
done
export LD_LIBRARY_PATH
exec "$root/usr/bin/rustc" "$@"
WRAPPER
  chmod +x "$prefix/rustc"
}

# Named after what decides the library's bytes, so that a folder of an older version of this script is not taken for it.
complete=.complete-opt-level-3

# Paths are remapped, so that the library is the same bytes wherever the folder is. It is optimised as rustup's is:
# allocating and comparing are most of what a template engine does, and for size they are four times as slow.
compile_library() {
  local link sources work flags
  story "compiling the standard library for $target, once"
  link=$prefix/root/usr/lib/rustlib/src/rust
  sources=$(readlink -f "$link")
  work=$prefix/library
  rm -rf "$work"
  mkdir -p "$work/src" "$libraries"
  : >"$work/src/lib.rs"
  cat >"$work/Cargo.toml" <<'MANIFEST'
[package]
name = "nothing"
version = "0.0.0"
edition = "2021"

[profile.release]
opt-level = 3
codegen-units = 1
debug = false

[workspace]
MANIFEST
  printf -v flags '%s\x1f' -Cembed-bitcode=yes "--remap-path-prefix=$link=/rustc/std" \
    "--remap-path-prefix=$sources=/rustc/std" "--remap-path-prefix=$cargo_home=/cargo"
  (
    cd "$work"
    # -Zbuild-std is for nightly compilers; the library is built by the very compiler it belongs to.
    RUSTC=$prefix/rustc RUSTC_BOOTSTRAP=1 CARGO_ENCODED_RUSTFLAGS=${flags%$'\x1f'} \
      cargo build --quiet --release --target "$target" -Zbuild-std=std,panic_abort --target-dir "$work/target" >&2
  )
  # Two of one library would be one too many.
  rm -f "$libraries"/*.rlib "$libraries"/.complete*
  cp "$work/target/$target/release/deps/"*.rlib "$libraries/"
  rm -rf "$libraries"/libnothing-* "$work"
  touch "$libraries/$complete"
}

[ -x "$prefix/rustc" ] || unpack_compiler
libraries=$prefix/root/usr/lib/rustlib/$target/lib
[ -e "$libraries/$complete" ] || compile_library

found=$(linker)
give RUSTC "$prefix/rustc"
give CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER "$found"
