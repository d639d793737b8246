#!/usr/bin/env bash
# Proves that a project made from a registry is the same wherever the registry is kept: in a folder, behind nginx, behind our own
# server, in a bucket, in an OCI registry; and that what was fetched works with the network cut, while everything else says
# what is missing.
#
#   tests/prove-registry.sh [SCAFFOLD]
#
# SCAFFOLD is the binary (default: target/debug/scaffold). As root on Debian or Ubuntu it gets what it needs itself: nginx,
# docker-registry, and Ceph for the bucket (see tests/buckets/ceph.sh).
set -euo pipefail

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
scaffold=${1:-$tests/../target/debug/scaffold}
say() { printf '\n==== %s\n' "$*"; }
die() { printf 'prove-registry: %s\n' "$*" >&2; exit 1; }
[[ -x $scaffold ]] || die "no binary at $scaffold"
scaffold=$(cd "$(dirname "$scaffold")" && pwd -P)/$(basename "$scaffold")

missing=()
command -v nginx >/dev/null || [[ -x /usr/sbin/nginx ]] || missing+=(nginx-light)
[[ -x /usr/bin/docker-registry ]] || missing+=(docker-registry)
command -v unshare >/dev/null || missing+=(util-linux)
command -v radosgw ceph-mon ceph-osd ceph >/dev/null || missing+=(ceph-mon ceph-osd ceph-common radosgw)
if [[ ${#missing[@]} -gt 0 ]]; then
    [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null || die "needed: ${missing[*]}"
    apt-get -qq update
    # Nothing is started that was not asked for.
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq install -y --no-install-recommends "${missing[@]}"
fi
nginx=$(command -v nginx || echo /usr/sbin/nginx)

work=$(mktemp -d "${TMPDIR:-/tmp}/prove-registry.XXXXXX")
pids=()
finish() {
    local pid
    for pid in "${pids[@]:-}"; do
        if [[ -n $pid ]]; then kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; fi
    done
    if [[ -d $work/ceph ]]; then "$tests/buckets/ceph.sh" stop "$work/ceph"; fi
    rm -rf "$work"
}
trap finish EXIT
export HOME=$work/home XDG_CONFIG_HOME=$work/config SCAFFOLD_CONFIG=$work/config/scaffold
unset SCAFFOLD_OFFLINE SCAFFOLD_TOKEN SCAFFOLD_CACHE
mkdir -p "$HOME" "$SCAFFOLD_CONFIG"
cd "$work"

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# comes_up PORT PID: waits until somebody listens there.
comes_up() {
    local n
    for n in $(seq 200); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
        kill -0 "$2" 2>/dev/null || die "the server on port $1 ended"
        sleep 0.1
    done
    die "nothing listens on port $1"
}
run() { echo "+ scaffold $*"; "$scaffold" "$@" </dev/null; }

say "packages, signed by their author"
package() {
    mkdir -p "$1/template/$1"
    cat >"$1/scaffold.toml" <<TOML
[package]
name = "acme/$1"
version = "1.0.0"
kind = "$2"
summary = "About $1."
license = "MIT"
engine = "scaffold/template@^1"

[[writes]]
pattern = "**"
reason = "It makes pages."
$3
TOML
    echo "# $1" >"$1/README.md"
    echo "made by $1" >"$1/template/$1/page.txt"
}
package site project ''
package blog module $'\n[requires]\n"acme/site" = "^1"'
run key new acme
run registry init folder --origin proof
for one in site blog; do run publish "$one" --registry folder; done
run registry verify folder

say "nginx over the folder, as docs/REGISTRY.md configures it"
port=$(free_port)
nginx_url=http://127.0.0.1:$port
{
    echo "daemon off; worker_processes 1; error_log $work/nginx.err; pid $work/nginx.pid; user $(id -un);"
    echo "events {} http {"
    echo "types { application/json json; } log_format proof '\$request_method \$uri \$status \$body_bytes_sent \$sent_http_content_encoding';"
    echo "access_log $work/nginx.log proof; client_body_temp_path $work/ng1; proxy_temp_path $work/ng2;"
    echo "fastcgi_temp_path $work/ng3; uwsgi_temp_path $work/ng4; scgi_temp_path $work/ng5;"
    sed -n '/^```nginx$/,/^```$/p' "$tests/../docs/REGISTRY.md" | sed '1d;$d' \
        | sed "s#listen .*;#listen 127.0.0.1:$port;#; s#root .*;#root $work/folder;#; /server_name/d; /ssl_/d"
    echo "}"
} >nginx.conf
"$nginx" -p "$work" -c "$work/nginx.conf" >/dev/null 2>&1 &
pids+=($!)
comes_up "$port" $!
head() { curl -sS -o /dev/null -D - "$@" | tr -d '\r'; }
answer=$(head --compressed "$nginx_url/v1/index/acme/site")
grep -qi '^content-encoding: gzip' <<<"$answer" || die "the index is not compressed: $answer"
etag=$(sed -n 's/^[Ee][Tt]ag: //p' <<<"$answer")
head --compressed -H "If-None-Match: $etag" "$nginx_url/v1/index/acme/site" | grep -q ' 304 ' || die "no 304 for $etag"
head "$nginx_url/.lock" | grep -q ' 404 ' || die "nginx serves more than v1/"

say "our own server over a copy of the folder"
cp -r folder served
port=$(free_port)
"$scaffold" registry serve served --listen "127.0.0.1:$port" >server.out 2>server.err &
pids+=($!)
comes_up "$port" $!
server_url=http://127.0.0.1:$port

say "an OCI registry: Debian's docker-registry, published to by the same author"
port=$(free_port)
cat >oci.yml <<YAML
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/oci}}
http: {addr: "127.0.0.1:$port"}
YAML
/usr/bin/docker-registry serve oci.yml >/dev/null 2>&1 &
pids+=($!)
comes_up "$port" $!
oci=oci://127.0.0.1:$port/team/packages
for one in site blog; do run publish "$one" --registry "$oci" --yes; done
run registry verify "$oci"

places=("$work/folder" "$nginx_url" "$server_url" "$oci")
say "our own server over a bucket: Ceph's S3, a copy of the folder"
port=$(free_port)
settings=$("$tests/buckets/ceph.sh" "$work/ceph" "$port")
bucket=(env $settings "$scaffold")
echo "+ scaffold registry mirror folder s3://registry/packages"
"${bucket[@]}" registry mirror "$work/folder" s3://registry/packages </dev/null
port=$(free_port)
"${bucket[@]}" registry serve s3://registry/packages --listen "127.0.0.1:$port" >s3.out 2>s3.err &
pids+=($!)
comes_up "$port" $!
places+=("http://127.0.0.1:$port")

say "from each of them, with nothing on the machine: a project, and one more package"
number=0
for place in "${places[@]}"; do
    number=$((number + 1))
    at=$work/cold$number
    mkdir "$at"
    : >nginx.log
    (
        cd "$at"
        export SCAFFOLD_CACHE=$at/cache SCAFFOLD_CONFIG=$at/config
        run new acme/site shop --registry "acme=$place" --defaults --yes
        if [[ $place == "$nginx_url" ]]; then cp "$work/nginx.log" "$work/new.log"; : >"$work/nginx.log"; fi
        run -C shop add acme/blog --yes
        run -C shop verify
    )
    if [[ $place == "$nginx_url" ]]; then cp nginx.log add.log; fi
    # Where from, and who signed it: a folder is believed without.
    grep -v '^registry = ' "$at/shop/scaffold.lock" >"$at/lock"
    (cd "$at/shop" && find . -path ./.scaffold -prune -o -type f ! -name 'scaffold.*' -print | sort | xargs sha256sum) >"$at/files"
    cmp "$work/cold1/lock" "$at/lock" || die "another lock from $place"
    cmp "$work/cold1/files" "$at/files" || die "other files from $place"
done
echo "${#places[@]} places, one lock but for the source, one tree"

say "a second client, written from the documents alone: the same from everywhere, and nothing that was tampered with"
second() { python3 "$tests/second_client.py" "$@"; }
# locked NAME: version, blob and signer in the lock that scaffold wrote; said FILE: what the second client printed of them.
locked() { python3 -c 'import sys, tomllib
for one in tomllib.load(open(sys.argv[1], "rb"))["generator"]:
    if one["package"] == sys.argv[2]: print(one["version"], one["blob"], one["signer"])' "$work/cold2/shop/scaffold.lock" "$1"; }
said() { python3 -c 'import json, sys; one = json.load(open(sys.argv[1])); print(one["version"], one["blob"], one["signer"])' "$1"; }
number=0
for place in "$work/folder" "$nginx_url" "$server_url" "${places[4]}"; do
    for one in site blog; do
        number=$((number + 1))
        second "$place" "acme/$one@^1" "second$number" >second.json
        [[ $(said second.json) == "$(locked "acme/$one")" ]] || die "the lock has $(locked "acme/$one"), $place $(said second.json)"
        diff -r "$one" "second$number" || die "the second client unpacked something else"
    done
done
# refused WHY SED-COMMAND FILE...: whether it refuses, for that reason, a copy of the registry in which the files were edited.
refused() {
    rm -rf tampered && cp -r folder tampered
    (cd tampered/v1 && LC_ALL=C sed -i "$2" "${@:3}")
    if second tampered acme/site unpacked >/dev/null 2>refused.txt; then die "taken: $1"; fi
    cat refused.txt
    grep -q "$1" refused.txt && [[ ! -e unpacked ]] || die "not refused for: $1"
}
blob=$(locked acme/site | grep -o '[0-9a-f]\{64\}' | sed 1q)
other=$(locked acme/blog | grep -o '[0-9a-f]\{64\}' | sed 1q)
refused 'another archive' '1s/^\(.\{8\}\)./\1\x01/' "blobs/sha256/${blob:0:2}/$blob"
refused 'blob: the index says' "s/$blob/$other/" index/acme/site
refused 'not signed by a key of its namespace' "s/$blob/$other/" index/acme/site releases/acme/site/1.0.0.note
# Another author's key, of the same namespace: as whoever runs a registry could sign.
(export SCAFFOLD_CONFIG=$work/stranger && run key new acme && run registry init strange --origin strange && run publish site --registry strange)
cp strange/v1/releases/acme/site/1.0.0.note stranger.note
refused 'not signed by a key of its namespace' "1r $work/stranger.note
d" releases/acme/site/1.0.0.note
echo "${number} packages from 4 places as the lock has them; 4 copies refused"

say "what nginx was asked for"
for what in new add; do
    printf 'scaffold %s: %d requests\n' "$what" "$(wc -l <"$what.log")"
    cat "$what.log"
done
[[ $(wc -l <new.log) -le 6 ]] || die "making a project took more requests than it has to"

say "the network is cut: what was fetched works, the rest says what is missing"
alone=(unshare --net)
[[ $(id -u) == 0 ]] || alone+=(--map-root-user)
cut() { echo "+ (no network) scaffold $*"; "${alone[@]}" "$scaffold" "$@" </dev/null; }
if "${alone[@]}" true 2>/dev/null; then
    (
        cd "$work/cold2"
        export SCAFFOLD_CACHE=$work/cold2/cache SCAFFOLD_CONFIG=$work/cold2/config
        cut -C shop status
        cut -C shop verify
        cut -C shop remove acme/blog --yes
        cut -C shop --offline add acme/blog --yes
        cut --offline new acme/site again --registry "acme=$nginx_url" --defaults --yes
        # Nothing of this one is here: it says so, and how to get it.
        if cut --offline -C shop add acme/other --yes 2>missing.txt; then die "a package came from nowhere"; fi
        cat missing.txt
        grep -q 'offline' missing.txt || die "it does not say that it is offline"
        if cut -C shop add acme/other --yes 2>unreached.txt; then die "a package came from nowhere"; fi
        cat unreached.txt
        grep -q "$nginx_url" unreached.txt || die "it does not say who was not reached"
    )
    (
        cd "$work/cold2"
        export SCAFFOLD_CACHE=$work/empty SCAFFOLD_CONFIG=$work/cold2/config
        if cut --offline -C shop verify 2>empty.txt; then die "a package came from nowhere"; fi
        cat empty.txt
        grep -q 'scaffold fetch' empty.txt || die "it does not say how to get what is missing"
    )
else
    die "${alone[*]} does not work here; it needs root or user namespaces"
fi
say "proven"
