#!/usr/bin/env bash
# Proves that a Django project somebody works on follows what made it: a newer version, another database, apps that
# join, a module taken out, and that undone. Nothing its owner wrote may be lost on the way, and after each step the
# project has to work, which tests/prove-django.sh finds out.
#
#   tests/prove-update.sh [SCAFFOLD]
#
# SCAFFOLD is the binary (default: target/debug/scaffold). PROVE_VENV as for tests/prove-django.sh.
set -euo pipefail

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
scaffold=${1:-$tests/../target/debug/scaffold}
say() { printf '\n==== %s\n' "$*"; }
die() { printf 'prove-update: %s\n' "$*" >&2; exit 1; }
[[ -x $scaffold ]] || die "no binary at $scaffold"
scaffold=$(cd "$(dirname "$scaffold")" && pwd -P)/$(basename "$scaffold")

work=$(mktemp -d "${TMPDIR:-/tmp}/prove-update.XXXXXX")
trap 'rm -rf "$work"' EXIT
export SCAFFOLD_CACHE=$work/cache PROVE_VENV=${PROVE_VENV:-$work/venv}
project=$work/shop

# run ARGUMENTS…: the binary, in the project.
run() {
    echo "+ scaffold $*"
    (cd "$project" && "$scaffold" "$@" --yes --no-input </dev/null)
}

# edit FILE OLD NEW: what a person does in an editor. OLD has to be there once.
edit() {
    python3 - "$project/$1" "$2" "$3" <<'PY'
import pathlib, sys

path, old, new = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
text = path.read_text()
if text.count(old) != 1:
    sys.exit(f"prove-update: {path} has {text.count(old)} times: {old}")
path.write_text(text.replace(old, new))
PY
}

# holds FILE TEXT and lacks FILE TEXT: lines, as they stand in the file.
holds() {
    python3 -c 'import sys; sys.exit(sys.argv[2] not in open(sys.argv[1]).read())' "$project/$1" "$2" \
        || die "$1 has lost, or never got: $2"
}
lacks() {
    ! grep -qF -- "$2" "$project/$1" || die "$1 still has: $2"
}

# What the owner did, each edit in a place that no version and no module changes.
edits_are_there() {
    holds config/settings/base.py 'LANGUAGE_CODE = "en-gb"'
    holds config/settings/base.py '    "shelf",'
    holds config/settings/production.py 'SECURE_HSTS_SECONDS", default=31536000'
    holds config/urls.py 'path("books/", include("shelf.urls"))'
    holds templates/pages/home.html '<h2>Books that we love</h2>'
    holds pyproject.toml '    "markdown>=3.7,<4.0",'
    holds pyproject.toml '"shelf"'
    holds README.md 'We sell books. Second-hand ones, too.'
    holds README.md $'## Who we are\n\nTwo people and a cat.\n'
    holds Dockerfile 'RUN apt-get update && apt-get install --yes --no-install-recommends gettext'
    holds shelf/views.py 'def books(request):'
    cmp -s "$work/shelf.css" "$project/static/css/shelf.css" || die 'static/css/shelf.css is not what it was'
    if grep -rnE '^(<<<<<<<|=======|>>>>>>>|\|\|\|\|\|\|\|)( |$)' "$project" --include='*' --exclude-dir=.scaffold; then
        die 'a conflict is marked where none is due'
    fi
}

say 'a project of the first version, with accounts'
(cd "$work" && "$scaffold" new django@=1.0.0 shop --with auth --defaults --yes --no-input </dev/null)
[[ -e $project/gunicorn.conf.py && ! -e $project/config/gunicorn.py ]] || die 'this is not the first version'

say 'its owner works on it'
edit config/settings/base.py 'LANGUAGE_CODE = "en-us"' 'LANGUAGE_CODE = "en-gb"'
edit config/settings/base.py '    "users",
]' '    "users",
    "shelf",
]'
edit config/settings/production.py 'SECURE_HSTS_SECONDS", default=3600' 'SECURE_HSTS_SECONDS", default=31536000'
edit config/urls.py '    path("admin/", admin.site.urls),
' '    path("admin/", admin.site.urls),
    path("books/", include("shelf.urls")),
'
edit templates/pages/home.html '<h2>Make it yours</h2>' '<h2>Books that we love</h2>'
edit pyproject.toml '    "django-allauth' '    "markdown>=3.7,<4.0",
    "django-allauth'
edit pyproject.toml 'testpaths = ["config", "pages", "users"]' 'testpaths = ["config", "pages", "users", "shelf"]'
edit README.md 'A web site made with Django.' 'We sell books. Second-hand ones, too.'
printf '\n## Who we are\n\nTwo people and a cat.\n' >>"$project/README.md"
edit Dockerfile 'WORKDIR /app
' 'WORKDIR /app
RUN apt-get update && apt-get install --yes --no-install-recommends gettext
'
edit gunicorn.conf.py '"WEB_CONCURRENCY", "2"' '"WEB_CONCURRENCY", "3"'
printf '.shelf {\n  color: teal;\n}\n' | tee "$work/shelf.css" >"$project/static/css/shelf.css"
mkdir -p "$project/shelf/tests" "$project/templates/shelf"
touch "$project/shelf/__init__.py" "$project/shelf/tests/__init__.py"
cat >"$project/shelf/urls.py" <<'PY'
from django.urls import path

from shelf import views

urlpatterns = [path("", views.books, name="books")]
PY
cat >"$project/shelf/views.py" <<'PY'
import markdown
from django.shortcuts import render
from django.utils.safestring import mark_safe


def books(request):
    text = markdown.markdown("*Solaris*")
    return render(request, "shelf/books.html", {"text": mark_safe(text)})  # noqa: S308
PY
cat >"$project/templates/shelf/books.html" <<'HTML'
{% extends "base.html" %}
{% block content %}{{ text }}{% endblock %}
HTML
cat >"$project/shelf/tests/test_views.py" <<'PY'
def test_books_are_shown_in_the_looks_of_the_site(client):
    html = client.get("/books/").text

    assert "<em>Solaris</em>" in html
    assert 'lang="en-gb"' in html


def test_accounts_and_the_shelf_know_each_other(client, settings):
    assert "shelf" in settings.INSTALLED_APPS
PY
edits_are_there

say 'the newer version'
run update django@^1.1 --defaults
edits_are_there
[[ ! -e $project/gunicorn.conf.py ]] || die 'gunicorn.conf.py is still there'
holds config/gunicorn.py '"WEB_CONCURRENCY", "3"'
holds config/gunicorn.py 'from config.log import FORMATTERS'
holds config/settings/base.py '"formatters": FORMATTERS,'
holds config/settings/production.py '"socket_timeout": 5'
holds Dockerfile 'PYTHONFAULTHANDLER=1'
holds Dockerfile '"--config", "config/gunicorn.py"'
holds pyproject.toml 'python-json-logger>='
holds README.md '| `LOG_FORMAT` |'
holds scaffold.toml 'error-reports = "none"'
run verify
"$tests/prove-django.sh" "$project" --auth

say 'another database, two apps more'
run set database=postgres
edits_are_there
holds config/settings/base.py 'default="postgres://shop:shop@localhost:5432/shop"'
run add app --as blog --model Post --defaults
run add app --as online-shop --model Category --defaults
edits_are_there
holds config/settings/base.py '    "online_shop",'
holds config/urls.py 'path("online-shop/", include("online_shop.urls"))'
run verify
"$tests/prove-django.sh" "$project" --auth --postgres

say 'accounts taken out'
cp -a "$project" "$work/before"
run remove auth
edits_are_there
[[ ! -e $project/config/settings/accounts.py ]] || die 'config/settings/accounts.py is still there'
lacks config/settings/base.py allauth
lacks config/urls.py allauth
lacks pyproject.toml allauth
lacks templates/base.html account/
"$tests/prove-django.sh" "$project"

say 'and put back'
run undo
diff -r --exclude=.scaffold "$work/before" "$project" || die 'undo gave something else than what was there'
"$tests/prove-django.sh" "$project" --auth

say 'proven: nothing was lost'
