#!/bin/sh
# Starts a real object store on this machine: one monitor, one disk and one S3 gateway of Ceph, from Debian's packages.
#
#   tests/buckets/ceph.sh FOLDER [PORT]     makes FOLDER, starts the three, prints the settings to put into the environment
#   tests/buckets/ceph.sh stop FOLDER       stops them
#
# Ceph and not a simulator, because what is to be proven is that a put with `If-None-Match: *` or `If-Match` is decided and
# carried out in one step: its gateway hands the condition on to the disk's own transaction (an exclusive create, a
# comparison of the object's tag). Servers that look first and write then let two writers through.
set -eu

if [ "$1" = stop ]; then
    for file in "$2"/run/*.pid; do
        [ -e "$file" ] && kill "$(cat "$file")" || true
    done
    exit 0
fi

dir=$1 port=${2:-7480}
mkdir -p "$dir/mon/a" "$dir/osd/0" "$dir/rgw" "$dir/run" "$dir/log"
dir=$(cd "$dir" && pwd)
conf=$dir/ceph.conf keyring=$dir/keyring
monitor="[v2:127.0.0.1:$((port + 1)),v1:127.0.0.1:$((port + 2))]"
fsid=$(cat /proc/sys/kernel/random/uuid)
disk=$(cat /proc/sys/kernel/random/uuid)

cat > "$conf" <<CONF
[global]
fsid = $fsid
mon host = $monitor
mon initial members = a
public network = 127.0.0.0/8
keyring = $keyring
run dir = $dir/run
pid file = $dir/run/\$type.\$id.pid
admin socket = $dir/run/\$name.asok
log file = $dir/log/\$name.log
# One of each is enough to try a promise of one object.
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
[mon.a]
mon data = $dir/mon/a
mon data avail crit = 1
[osd]
osd data = $dir/osd/\$id
osd objectstore = bluestore
bluestore block size = 4294967296
osd memory target = 939524096
[client.rgw.a]
rgw data = $dir/rgw
rgw frontends = beast endpoint=127.0.0.1:$port
CONF

ceph-authtool --create-keyring "$keyring" --gen-key -n mon. --cap mon 'allow *' > "$dir/log/setup.log"
for who in client.admin osd.0 client.rgw.a; do
    ceph-authtool "$keyring" --gen-key -n "$who" --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
done
{
    monmaptool --create --fsid "$fsid" --addv a "$monitor" "$dir/monmap"
    ceph-mon -c "$conf" -i a --mkfs --monmap "$dir/monmap" --keyring "$keyring"
    ceph-mon -c "$conf" -i a
    ceph -c "$conf" osd new "$disk"
    ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$disk"
    ceph-osd -c "$conf" -i 0
    timeout 120 radosgw -c "$conf" -n client.rgw.a
    timeout 60 radosgw-admin -c "$conf" user create --uid=scaffold --display-name=scaffold \
        --access-key=scaffold --secret-key=scaffold-secret
    timeout 60 curl -sS --fail --retry 50 --retry-delay 1 --retry-connrefused -X PUT --user scaffold:scaffold-secret --aws-sigv4 aws:amz:us-east-1:s3 \
        -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "http://127.0.0.1:$port/registry"
} >> "$dir/log/setup.log" 2>&1 || { cat "$dir/log/setup.log" >&2; exit 1; }

cat <<SETTINGS
AWS_ENDPOINT=http://127.0.0.1:$port
AWS_ALLOW_HTTP=true
AWS_REGION=us-east-1
AWS_ACCESS_KEY_ID=scaffold
AWS_SECRET_ACCESS_KEY=scaffold-secret
SETTINGS
