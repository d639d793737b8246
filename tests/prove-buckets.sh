#!/bin/sh
# Proves that a registry in a bucket keeps its promises: conditional puts under a race, two servers on one bucket publishing at
# once, servers killed while they publish. On a real object store, Ceph, and on what stands in for Azure (see tests/buckets).
#
#   tests/prove-buckets.sh [ceph] [azurite]     both by default; as root on Debian or Ubuntu it gets what it needs itself
set -eu
cd "$(dirname "$0")/.."

get() {
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq install -y --no-install-recommends "$@" > /dev/null
}

store=$(mktemp -d) running=
trap '[ -z "$running" ] || "$running" stop "$store/$kind"; rm -rf "$store"' EXIT
for kind in ${*:-ceph azurite}; do
    case $kind in
        ceph)
            command -v radosgw > /dev/null || get ceph-mon ceph-osd ceph-common radosgw
            bucket=s3://registry
            ;;
        azurite)
            command -v npm > /dev/null || get nodejs npm
            bucket=az://registry
            ;;
        *) echo "unknown: $kind" >&2; exit 2 ;;
    esac
    echo "==== $kind"
    running=tests/buckets/$kind.sh
    settings=$($running "$store/$kind")
    env $settings "BUCKET=$bucket" cargo nextest run -p scaffold --features prove-buckets --test e2e registry_bucket
    $running stop "$store/$kind"
    running=
done
