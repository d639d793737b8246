#!/usr/bin/env bash
# What serving a registry costs: requests a second of `scaffold registry serve` and of nginx on the same files, in turns; fifty
# publishers at once; a registry of a hundred thousand packages beside one of a hundred. Prints a table on stdout. Never
# part of the tests, as tests/bench/run.sh is not.
#
#   tests/bench/registry.sh [--quick]
#
#   --quick     1 second a turn, 2,000 packages: to see whether this script works
#   SCAFFOLD    the binary to measure; default: the release build, built here first
#   LOAD        the program of tests/bench/load.rs; default: built here, release
#
# Needs nginx and wrk (Debian: apt-get install nginx-light wrk).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cd "$root"
seconds=5 turns=3 packages=100000
if [ "${1-}" = --quick ]; then seconds=1 turns=1 packages=2000; fi

target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
if [ -z "${SCAFFOLD-}" ]; then
  cargo build --quiet --locked --release --package scaffold >&2
  SCAFFOLD=$target/release/scaffold
fi
if [ -z "${LOAD-}" ]; then
  LOAD=$(cargo bench --quiet --locked --package scaffold-registry --bench load --no-run --message-format json |
    sed -n 's/.*"name":"load".*"executable":"\([^"]*\)".*/\1/p' | tail -1)
fi

work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/scaffold-load.XXXXXX")
# For the user that nginx reads files as.
chmod 755 "$work"
server= nginx=
stop() {
  for one in $server $nginx; do kill "$one" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

# serve FOLDER OPTIONS…: starts a server; its address is in $url, its number in $server
serve() {
  "$SCAFFOLD" registry serve "$@" --listen 127.0.0.1:0 >"$work/address" 2>>"$work/server.log" &
  server=$!
  for _ in $(seq 100); do
    url=$(sed -n 's/.* //p' "$work/address")
    [ -n "$url" ] && return
    sleep 0.1
  done
  cat "$work/server.log" >&2
  exit 1
}

# A registry, filled by way of the server.
token=$("$SCAFFOLD" registry token new "$work/small" --name load --namespace load --quiet 2>/dev/null)
serve "$work/small" --rate 0 --read-rate 0
echo "## Publishing"
"$LOAD" publish "$url" "$token" 50

index=v1/index/load/load
blob=$(cd "$work/small" && find v1/blobs -type f -print -quit)
cat >"$work/nginx.conf" <<CONF
daemon off; worker_processes auto; pid $work/nginx.pid; error_log $work/nginx.log;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; default_type application/octet-stream;
  client_body_temp_path $work/n1; proxy_temp_path $work/n2; fastcgi_temp_path $work/n3; uwsgi_temp_path $work/n4; scgi_temp_path $work/n5;
  server { listen 127.0.0.1:8971; root $work/small; etag on; }
}
CONF
nginx -c "$work/nginx.conf" -e "$work/nginx.log" -p "$work" &
nginx=$!
sleep 1

# rate URL [HEADER]: requests a second
rate() {
  wrk -t1 -c32 "-d${seconds}s" ${2:+-H "$2"} "$1" | tee -a "$work/wrk.log" |
    awk '/Requests.sec/ { rate = $2 } /Non-2xx/ { if (!allowed) bad = 1 } END { print bad ? "failed" : int(rate) }' \
      allowed="${2:+1}"
}

echo
echo "## Reading: requests a second, 32 connections, $turns turns of $seconds s each"
echo "| file | bytes | server | nginx | server / nginx |"
echo "|---|---|---|---|---|"
for file in v1/config.json "$index" "$blob" "not modified"; do
  path=$file header= nheader=
  if [ "$file" = "not modified" ]; then
    path=$index
    header="If-None-Match: $(curl -sI "$url$path" | tr -d '\r' | sed -n 's/^etag: //Ip')"
    nheader="If-None-Match: $(curl -sI "http://127.0.0.1:8971/$path" | tr -d '\r' | sed -n 's/^etag: //Ip')"
  fi
  ours=() theirs=()
  for _ in $(seq $turns); do
    ours+=("$(rate "$url$path" "$header")")
    theirs+=("$(rate "http://127.0.0.1:8971/$path" "$nheader")")
  done
  one=$(printf '%s\n' "${ours[@]}" | sort -n | sed -n "$(((turns + 1) / 2))p")
  other=$(printf '%s\n' "${theirs[@]}" | sort -n | sed -n "$(((turns + 1) / 2))p")
  bytes=$(curl -s "$url$path" | wc -c)
  ratio=$(awk "BEGIN { printf \"%.2f\", $one / $other }")
  echo "| ${file#v1/} | $bytes | $one | $other | $ratio |" | sed 's|blobs/sha256/[0-9a-f/]*|a blob|'
done
kill "$server" "$nginx"
wait "$server" 2>/dev/null || true
server= nginx=

echo
echo "## A registry of $packages packages beside one of 100"
for many in 100 "$packages"; do
  echo "$many packages:"
  "$LOAD" seed "$work/of-$many" "$many" | sed 's/^/  /'
  "$LOAD" read "$work/of-$many" | sed 's/^/  in a folder: /'
done
serve "$work/of-$packages" --read-rate 0
for query in p4242 django nothing-says-this ""; do
  curl -s -o /dev/null "$url?q=$query"
  printf '  on the web page: "%s" in %s s\n' "$query" "$(curl -s -o /dev/null -w '%{time_total}' "$url?q=$query")"
done
