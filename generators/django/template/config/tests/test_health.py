import pytest
from django.core.cache import cache
from django.db import connection


def test_livez_needs_nothing(client):
    response = client.get("/livez")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_asks_the_database_and_the_cache(client):
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["checks"] == {"database": "ok", "cache": "ok"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("target", "method", "failed"),
    [(connection, "cursor", "database"), (cache, "set", "cache")],
)
def test_readyz_says_what_failed(client, monkeypatch, target, method, failed):
    def broken(*args, **kwargs):
        raise ConnectionError("secret detail")

    with monkeypatch.context() as patched:
        patched.setattr(target, method, broken)
        response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"][failed] == "failed"
    assert "secret detail" not in response.content.decode()


def test_probes_by_ip_address_and_plain_http_are_answered(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["example.com"]

    assert client.get("/livez", headers={"host": "10.0.0.7"}).status_code == 200
    assert client.get("/", headers={"host": "10.0.0.7"}).status_code == 400
