#!/usr/bin/env bash
# Proves, with Chromium, that the server's pages show what a package says and run nothing of it: of an honest package and of
# one whose every word is an attack. Two defences are looked at one by one, since either has to hold without the other: the
# pages as they are made, without their policy; and the policy, over a page that is nothing but the attack.
#
#   tests/prove-pages.sh [SCAFFOLD [FOLDER]]
#
# SCAFFOLD is the binary (default: target/debug/scaffold); FOLDER, if there is one, keeps the pictures. As root on Debian or
# Ubuntu it gets Chromium itself.
set -euo pipefail

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
scaffold=${1:-$tests/../target/debug/scaffold}
say() { printf '\n==== %s\n' "$*"; }
die() { printf 'prove-pages: %s\n' "$*" >&2; exit 1; }
[[ -x $scaffold ]] || die "no binary at $scaffold"
scaffold=$(cd "$(dirname "$scaffold")" && pwd -P)/$(basename "$scaffold")
pictures=
if [[ -n ${2-} ]]; then mkdir -p "$2"; pictures=$(cd "$2" && pwd -P); fi

find_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
if ! find_chromium >/dev/null; then
    [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null || die "needed: chromium"
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium fonts-dejavu-core
fi
chromium=$(find_chromium)

work=$(mktemp -d "${TMPDIR:-/tmp}/prove-pages.XXXXXX")
pids=()
finish() {
    local pid
    for pid in "${pids[@]:-}"; do
        if [[ -n $pid ]]; then kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; fi
    done
    rm -rf "$work"
}
trap finish EXIT
export HOME=$work/home XDG_CONFIG_HOME=$work/config SCAFFOLD_CONFIG=$work/config/scaffold
unset SCAFFOLD_OFFLINE SCAFFOLD_TOKEN SCAFFOLD_CACHE
mkdir -p "$HOME" "$SCAFFOLD_CONFIG"
cd "$work"

run() { echo "+ scaffold $*"; "$scaffold" "$@" </dev/null; }
# The address that a server writes on its first line.
address_of() {
    local n
    for n in $(seq 100); do
        if grep -q . "$1"; then sed -n '1s/.* //p' "$1"; return; fi
        kill -0 "$2" 2>/dev/null || die "the server of $1 ended"
        sleep 0.1
    done
    die "the server of $1 does not say where it is"
}

say "the other end: every host that a package names leads there, and every connection is written down"
python3 -u "$tests/pages/beacon.py" "$work" >beacon.out 2>beacon.err &
pids+=($!)
beacon=$(address_of beacon.out $!)
elsewhere=${beacon#http://} elsewhere=${elsewhere%/}

say "a registry with an honest package and a hostile one"
# package NAME SUMMARY REASON VERSION
package() {
    mkdir -p "$1/template/docs"
    cat >"$1/scaffold.toml" <<TOML
[package]
name = "acme/$1"
version = "$4"
kind = "module"
summary = '$2'
license = "MIT"
keywords = ["pages"]
engine = "scaffold/template@^1"

[[writes]]
pattern = "docs/**"
reason = '$3'

[[reads]]
pattern = "notes/*.md"
reason = '$3'
TOML
    echo "made by $1" >"$1/template/docs/page.txt"
}
package honest "Pages about your project." "Pages are written there." 1.0.0
printf '# Honest\n\nIt makes **pages**, see [how](https://docs.example/).\n\n```sh\nls docs\n```\n' >honest/README.md
python3 "$tests/pages/attack.py" "$beacon" >attack.html
attack='<img src=http://evil.example/field onerror=document.title=`ran`><script>document.title=`ran`</script>'
package hostile "$attack" "$attack" 6.6.5
cp attack.html hostile/README.md
run key new acme
run registry init folder --origin proof
run publish honest --registry folder
sed -i 's/1\.0\.0/1.1.0/' honest/scaffold.toml
run publish honest --registry folder
run publish hostile --registry folder
sed -i 's/6\.6\.5/6.6.6/' hostile/scaffold.toml
run publish hostile --registry folder
run yank acme/hostile@6.6.6 --reason "$attack" --registry folder --yes
SCAFFOLD_LOG=debug "$scaffold" registry serve folder --listen 127.0.0.1:0 >server.out 2>server.err &
pids+=($!)
url=$(address_of server.out $!)

# Hosts that no package names are not found: Chromium calls some by itself.
browser=("$chromium" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --hide-scrollbars
    --disable-background-networking --disable-component-update --disable-default-apps --disable-sync --disable-extensions
    --host-resolver-rules="MAP *.example $elsewhere, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1" --user-data-dir="$work/profile")
# visit NAME ADDRESS: what Chromium makes of a page, as NAME.dom and NAME.png; what the other end heard, as NAME.heard
visit() {
    : >heard
    timeout 40 "${browser[@]}" --window-size=1280,1600 --virtual-time-budget=4000 --screenshot="$work/$1.png" --dump-dom "$2" \
        >"$1.dom" 2>chromium.err || { cat chromium.err >&2; die "Chromium did not show $2"; }
    cp heard "$1.heard"
    if [[ -n $pictures ]]; then cp "$1.png" "$pictures"; fi
}
look() { python3 "$tests/pages/look.py" "$@"; }

say "the attack alone: it runs and calls home, or nothing below would prove anything"
: >heard
"${browser[@]}" "${beacon}raw" >/dev/null 2>chromium.err &
alone=$!
pids+=("$alone")
missed() { for path in "$@"; do grep -q " /$path" heard || echo "$path"; done; }
paths=(ran picture.png direct.png svg.png frame style.css import.css background.png inline.png)
for _ in $(seq 300); do
    if [[ -z $(missed "${paths[@]}") ]]; then break; fi
    sleep 0.1
done
[[ -z $(missed "${paths[@]}") ]] || die "the attack is none, it did not ask for: $(missed "${paths[@]}")"
kill "$alone"
wait "$alone" || true
echo "${paths[*]}: all were asked for"

say "the attack under our pages' policy: nothing runs, nothing is loaded"
policy=$(curl -sS -o /dev/null -D - "$url" | tr -d '\r' | sed -n 's/^content-security-policy: //Ip')
[[ -n $policy ]] || die "the pages have no policy"
echo "$policy" | tee policy
visit policy "${beacon}policy"
look silent policy

say "our pages"
visit list "$url"
look page list "$url" "2 packages" "acme/hostile 6.6.5 module <img src=http://evil.example/field onerror" "acme/honest 1.1.0 module" "Pages about your project."
visit search "${url}?q=honest+pages"
look page search "$url" "1 package," "acme/honest 1.1.0 module"
visit honest "${url}packages/acme/honest/1.1.0"
digest=$(sed -n 's/.*"version":"1.1.0".*"blob":"\(sha256:[0-9a-f]*\)".*/\1/p; s/.*"blob":"\(sha256:[0-9a-f]*\)".*"version":"1.1.0".*/\1/p' \
    folder/v1/index/acme/honest | head -1)
[[ -n $digest ]] || die "the index has no digest of acme/honest 1.1.0"
look page honest "$url" "acme/honest 1.1.0 module" "It makes pages, see how." "ls docs" "What it may do" "It writes" \
    "docs/** Pages are written there." "It asks to read" "notes/*.md" "It cannot" "run a program" "1.0.0" "Signed by acme+" "$digest" \
    "scaffold add acme/honest --registry acme=$url"
visit hostile "${url}packages/acme/hostile/6.6.6"
look page hostile "$url" "acme/hostile 6.6.6 module" "It was taken back. <img src=http://evil.example/field" \
    "docs/** <img src=http://evil.example/field" "<script>" "<iframe" "<svg" "onerror=" "Signed by acme+"
visit missing "${url}packages/acme/none"
look page missing "$url" "Not Found" "There is no such package"

say "the hostile page without its policy: what it is made of is harmless by itself"
curl -sS "${url}packages/acme/hostile/6.6.6" >bare
visit bare "${beacon}bare"
look page bare "$url" "acme/hostile 6.6.6 module" "<script>"

say "what our server was asked for: the pages and their style, and nothing that a package named"
python3 - server.err <<'PY'
import json, sys
paths = sorted({one["path"] for one in map(json.loads, open(sys.argv[1])) if "path" in one})
print("\n".join(paths))
known = {"/", "/favicon.ico", "/packages/acme/honest/1.1.0", "/packages/acme/hostile/6.6.6", "/packages/acme/none"}
odd = [path for path in paths if path not in known and not path.startswith("/style-")]
assert not odd, odd
assert any(path.startswith("/style-") for path in paths), "no page asked for its style"
PY
say "proven"
