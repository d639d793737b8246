#!/usr/bin/env bash
# Proves that a generated Django project works, the way its user would find out: with a virtual
# environment of its own, dependencies from the Python index, and a server that answers.
#
#   tests/prove-django.sh PROJECT_DIR [--auth] [--postgres]
#
# --auth      the project has the accounts module: its pages have to answer as well
# --postgres  migrations and tests run on a real PostgreSQL too, started for that in a temporary folder
#
# PYTHON names the interpreter (default: python3); PROVE_VENV a folder to keep the virtual environment in, for
# the next project (default: a fresh one each time). The project is copied first, so nothing is left in it.
set -euo pipefail

usage() { sed -n '2,12s/^# \{0,1\}//p' "$0"; }
say() { printf '== %s\n' "$*"; }
die() { printf 'prove-django: %s\n' "$*" >&2; exit 1; }

project='' auth=false postgres=false
for argument in "$@"; do
    case $argument in
        --auth) auth=true ;;
        --postgres) postgres=true ;;
        -h | --help) usage; exit 0 ;;
        -*) usage >&2; exit 2 ;;
        *) [[ -z $project ]] || { usage >&2; exit 2; }; project=$argument ;;
    esac
done
[[ -n $project ]] || { usage >&2; exit 2; }
[[ -f $project/manage.py ]] || die "no manage.py in '$project': not a Django project"

for tool in curl tar "${PYTHON:-python3}"; do
    command -v "$tool" >/dev/null || die "$tool is needed"
done
if [[ -n ${PROVE_VENV:-} ]]; then
    mkdir -p "$PROVE_VENV"
    PROVE_VENV=$(cd "$PROVE_VENV" && pwd)
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/prove-django.XXXXXX")
server='' pg_ctl='' pg_data=''

stop_server() {
    if [[ -n $server ]]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
        server=''
    fi
}
stop_postgres() {
    if [[ -n $pg_data ]]; then
        as_postgres "$pg_ctl" stop --pgdata "$pg_data" --mode immediate --silent || true
        pg_data=''
    fi
}
clean_up() {
    local status=$?
    trap - EXIT
    stop_server
    stop_postgres
    rm -rf "$work"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# PostgreSQL refuses to run as root.
as_postgres() {
    if [[ $(id -u) -eq 0 ]]; then
        (cd / && runuser -u "$pg_user" -- "$@")
    else
        "$@"
    fi
}

free_port() {
    "${PYTHON:-python3}" - <<'PY'
import socket

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    print(probe.getsockname()[1])
PY
}

start_postgres() {
    local bin='' candidate
    for candidate in /usr/lib/postgresql/*/bin; do
        if [[ -x $candidate/initdb && -x $candidate/pg_ctl ]]; then bin=$candidate; fi
    done
    if [[ -z $bin ]]; then
        candidate=$(command -v initdb || true)
        [[ -n $candidate ]] || die 'no PostgreSQL here: install it (Debian: apt-get install postgresql)'
        bin=$(dirname "$(readlink -f "$candidate")")
    fi

    pg_user=$(id -un)
    if [[ $(id -u) -eq 0 ]]; then
        pg_user=nobody
        if id postgres >/dev/null 2>&1; then pg_user=postgres; fi
    fi

    local home=$work/postgres port
    mkdir "$home"
    chmod 711 "$work"
    if [[ $(id -u) -eq 0 ]]; then chown "$pg_user" "$home"; fi
    port=$(free_port)
    pg_ctl=$bin/pg_ctl
    as_postgres "$bin/initdb" --pgdata "$home/data" --username prove --auth trust \
        --encoding UTF8 --no-locale --no-sync >"$work/initdb.log" 2>&1 \
        || { cat "$work/initdb.log" >&2; die 'initdb failed'; }
    pg_data=$home/data
    as_postgres "$pg_ctl" start --pgdata "$pg_data" --wait --silent --log "$home/server.log" \
        --options "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories='' -c fsync=off" \
        || { cat "$home/server.log" >&2; die 'PostgreSQL does not start'; }
    postgres_url=postgres://prove@127.0.0.1:$port/postgres
}

# answers URL-PATH [EXPECTED]
answers() {
    local path=$1 expected=${2:-200} got
    got=$(curl --silent --output /dev/null --max-time 10 --write-out '%{http_code}' "$base$path") || true
    [[ $got == "$expected" ]] || {
        cat "$work/server.log" >&2
        die "$path answered $got, expected $expected"
    }
    echo "   $expected $path"
}

say "copy $project"
mkdir "$work/project"
tar -C "$project" --exclude=./.git --exclude=./.venv --exclude=./.env --exclude=./db.sqlite3 -cf - . \
    | tar -C "$work/project" -xf -
cd "$work/project"
[[ -x manage.py ]] || die 'manage.py is not executable'

say 'virtual environment, dependencies from the index'
venv=${PROVE_VENV:-$work/venv}
[[ -x $venv/bin/python ]] || "${PYTHON:-python3}" -m venv "$venv"
PATH=$venv/bin:$PATH
export PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
unset DJANGO_SETTINGS_MODULE SECRET_KEY ALLOWED_HOSTS REDIS_URL EMAIL_URL PYTHONPATH LOG_FORMAT
pip install --quiet --editable '.[dev]'
# What another project has left here would hide that this one needs it.
left_over=$(python - <<'PY'
import tomllib
from importlib import metadata
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

own = tomllib.loads(Path("pyproject.toml").read_text())["project"]["name"]
needed, waiting = {"pip", "setuptools"}, [(own, "dev")]
seen = set(waiting)
while waiting:
    name, extra = waiting.pop()
    needed.add(canonicalize_name(name))
    for line in metadata.requires(name) or []:
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
            found = {(wanted.name, inner) for inner in ("", *wanted.extras)} - seen
            seen |= found
            waiting += found
there = {canonicalize_name(one.name) for one in metadata.distributions()}
print(*sorted(there - needed))
PY
)
# shellcheck disable=SC2086 # a list of words
if [[ -n $left_over ]]; then pip uninstall --quiet --yes $left_over; fi
pip check
export DATABASE_URL=sqlite:///$work/db.sqlite3

say 'ruff check, ruff format --check'
ruff check --no-cache
ruff format --no-cache --check

say 'manage.py check --deploy, production settings'
env DJANGO_SETTINGS_MODULE=config.settings.production \
    SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    DATABASE_URL=postgres://nobody:nothing@127.0.0.1:5432/none \
    REDIS_URL=redis://127.0.0.1:6379/0 \
    ALLOWED_HOSTS=example.com \
    ./manage.py check --deploy --fail-level WARNING

say 'migrate'
./manage.py migrate --verbosity 0
./manage.py makemigrations --check --dry-run

say 'pytest'
pytest -q -p no:cacheprovider

say 'gunicorn as the container starts it, production settings'
# The last CMD is the one of the last stage.
serve=$(sed -n 's/^CMD //p' Dockerfile | tail -n 1)
mapfile -t serve < <(python -c 'import json, sys; print(*json.loads(sys.argv[1]), sep="\n")' "$serve")
port=$(free_port)
base=http://127.0.0.1:$port
export DJANGO_SETTINGS_MODULE=config.settings.production
export SECRET_KEY=prove-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ
export ALLOWED_HOSTS=127.0.0.1 REDIS_URL=redis://127.0.0.1:1/0 SECURE_SSL_REDIRECT=false
./manage.py collectstatic --noinput --verbosity 0
PORT=$port LOG_FORMAT=json "${serve[@]}" >"$work/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
    if curl --silent --output /dev/null --max-time 2 "$base/livez"; then break; fi
    kill -0 "$server" 2>/dev/null || { cat "$work/server.log" >&2; die 'the server ended'; }
    sleep 0.1
done
answers /livez
answers /
answers /nowhere 404
if $auth; then
    answers /accounts/login/
    answers /accounts/signup/
    answers /accounts/password/reset/
fi
stylesheet=$(curl --silent --max-time 10 "$base/" | grep -o '/static/css/site\.[0-9a-f]*\.css') \
    || die 'the home page names no hashed stylesheet'
answers "$stylesheet"
stop_server
if [[ -e config/log.py ]]; then
    python -c 'import json, sys; [json.loads(line) for line in sys.stdin]' <"$work/server.log" \
        || { cat "$work/server.log" >&2; die 'a line of the log is not JSON'; }
fi
unset DJANGO_SETTINGS_MODULE SECRET_KEY ALLOWED_HOSTS REDIS_URL SECURE_SSL_REDIRECT

say 'runserver, local settings'
port=$(free_port)
base=http://127.0.0.1:$port
./manage.py runserver --noreload "127.0.0.1:$port" >"$work/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
    if curl --silent --output /dev/null --max-time 2 "$base/livez"; then break; fi
    kill -0 "$server" 2>/dev/null || { cat "$work/server.log" >&2; die 'the server ended'; }
    sleep 0.1
done
answers /
answers /readyz
answers /admin/login/
answers /static/css/site.css
if $auth; then
    answers /accounts/login/
    answers /accounts/signup/
fi
stop_server

if $postgres; then
    say 'PostgreSQL: migrate, pytest'
    start_postgres
    export DATABASE_URL=$postgres_url
    ./manage.py migrate --verbosity 0
    ./manage.py makemigrations --check --dry-run
    pytest -q -p no:cacheprovider
    stop_postgres
fi

say 'proven'
