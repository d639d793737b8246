import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest
from django.test import Client
from django.urls import path

from config.urls import urlpatterns as site_urls


def fails(request: HttpRequest, code: int):
    raise {400: SuspiciousOperation, 403: PermissionDenied, 500: RuntimeError}[code]


urlpatterns = [*site_urls, path("fails/<int:code>", fails)]


@pytest.mark.parametrize(
    ("url", "code", "text"),
    [
        ("/fails/400", 400, "The request was not understood"),
        ("/fails/403", 403, "This page is not for you"),
        ("/nowhere", 404, "There is no such page"),
        ("/fails/500", 500, "Something went wrong"),
    ],
)
@pytest.mark.urls("pages.tests.test_errors")
def test_an_error_has_a_page_of_its_own(url, code, text):
    response = Client(raise_request_exception=False).get(url)

    assert response.status_code == code
    assert text in response.text


def test_a_form_without_its_token_is_refused():
    response = Client(enforce_csrf_checks=True).post("/admin/login/")

    assert response.status_code == 403
    assert "The form was too old" in response.text
