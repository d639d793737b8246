import pytest
from django.urls import reverse

from users.models import User
from users.tests.factories import UserFactory


@pytest.mark.django_db
def test_the_admin_is_for_staff(client, user):
    client.force_login(user)

    response = client.get(reverse("admin:users_user_changelist"))

    assert response.status_code == 302
    assert response.url.startswith(reverse("admin:login"))


def test_users_are_listed_and_searched(admin_client):
    UserFactory(email="ada@example.com")
    UserFactory(email="grace@example.com")

    response = admin_client.get(reverse("admin:users_user_changelist"), {"q": "ada@"})

    assert "ada@example.com" in response.text
    assert "grace@example.com" not in response.text


def test_a_user_is_added(admin_client):
    response = admin_client.post(
        reverse("admin:users_user_add"),
        {
            "email": "ada@example.com",
            "usable_password": "true",
            "password1": "a long enough secret",
            "password2": "a long enough secret",
        },
    )

    user = User.objects.get(email="ada@example.com")
    assert response.url == reverse("admin:users_user_change", args=[user.pk])
    assert user.check_password("a long enough secret")
    assert admin_client.get(response.url).status_code == 200
