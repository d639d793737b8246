#!/bin/sh
# Starts Azurite, what Microsoft gives developers to stand in for Azure's blobs, from npm's registry, with a container.
#
#   tests/buckets/azurite.sh FOLDER [PORT]   makes FOLDER, starts it, prints the settings to put into the environment
#   tests/buckets/azurite.sh stop FOLDER     stops it
#
# A stand-in, so this shows that we speak Azure's language, conditions included. That Azure itself decides them in one step is
# Azure's promise.
set -eu

if [ "$1" = stop ]; then
    [ ! -e "$2/pid" ] || kill "$(cat "$2/pid")" || true
    exit 0
fi

dir=$1 port=${2:-10000}
mkdir -p "$dir/blobs"
dir=$(cd "$dir" && pwd)
npm install --silent --no-audit --no-fund --prefix "$dir" azurite@3 > "$dir/install.log" 2>&1 ||
    { cat "$dir/install.log" >&2; exit 1; }
node "$dir/node_modules/azurite/dist/src/blob/main.js" --silent --disableTelemetry --skipApiVersionCheck \
    --location "$dir/blobs" --blobHost 127.0.0.1 --blobPort "$port" > "$dir/azurite.log" 2>&1 &
echo $! > "$dir/pid"

# The account and its key are known to everybody: they are the ones of every stand-in.
python3 - "$port" << 'PYTHON'
import base64, email.utils, hashlib, hmac, sys, time, urllib.request

account = "devstoreaccount1"
key = base64.b64decode("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==")
headers = {"x-ms-date": email.utils.formatdate(usegmt=True), "x-ms-version": "2023-11-03"}
named = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
signed = "PUT" + "\n" * 12 + named + f"/{account}/{account}/registry\nrestype:container"
signature = base64.b64encode(hmac.digest(key, signed.encode(), hashlib.sha256)).decode()
headers["Authorization"] = f"SharedKey {account}:{signature}"
address = f"http://127.0.0.1:{sys.argv[1]}/{account}/registry?restype=container"
for attempt in range(100):
    try:
        urllib.request.urlopen(urllib.request.Request(address, method="PUT", headers=headers))
        break
    except urllib.error.HTTPError as error:
        sys.exit(f"{error}: {error.read().decode()}")
    except OSError:
        time.sleep(0.1)
else:
    sys.exit("Azurite does not answer")
PYTHON

cat << SETTINGS
AZURE_STORAGE_USE_EMULATOR=true
AZURITE_BLOB_STORAGE_URL=http://127.0.0.1:$port
SETTINGS
