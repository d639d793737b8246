import re

import pytest


@pytest.mark.parametrize("url", ["/", "/admin/login/", "/nowhere"])
def test_every_page_says_what_a_browser_may_do(client, db, url):
    headers = client.get(url).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_home_page_has_nothing_the_policy_forbids(client):
    html = client.get("/").text

    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)", html)
    assert not re.search(r"""(?:src|<link[^>]*href)=["'](?:https?:)?//""", html)


def test_plain_http_is_sent_to_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    response = client.get("/")

    assert response.status_code == 301
    assert response.url == "https://testserver/"
