#!/bin/sh
# Proves that a registry in a bucket keeps its promises, on a real object store (Ceph, see tests/s3/ceph.sh): conditional
# puts under a race, two servers on one bucket publishing at once, servers killed while they publish.
set -eu
cd "$(dirname "$0")/.."

if ! command -v radosgw ceph-mon ceph-osd > /dev/null; then
    apt-get install -y -qq --no-install-recommends ceph-mon ceph-osd ceph-common radosgw > /dev/null
fi
store=$(mktemp -d)
trap 'tests/s3/ceph.sh stop "$store"; rm -rf "$store"' EXIT
settings=$(tests/s3/ceph.sh "$store")
env $settings cargo nextest run -p scaffold --features prove-s3 --test e2e registry_s3
