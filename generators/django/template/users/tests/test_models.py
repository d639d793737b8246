import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from users.models import User
from users.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def test_a_user_is_known_by_the_address():
    user = UserFactory(email="Ada@Example.com", name="")

    assert user.email == "ada@example.com"
    assert str(user) == user.get_full_name() == "ada@example.com"
    assert user.get_short_name() == "ada"
    assert not user.is_staff
    assert not user.is_superuser


def test_a_name_is_used_where_there_is_one():
    user = UserFactory(name="Ada Lovelace")

    assert user.get_full_name() == user.get_short_name() == "Ada Lovelace"


def test_logging_in_does_not_depend_on_case():
    user = UserFactory(email="ada@example.com")

    assert authenticate(username="ADA@example.com", password=PASSWORD) == user
    assert authenticate(username="ada@example.com", password="wrong") is None


def test_an_address_is_used_once_whatever_its_case():
    user = UserFactory(email="ada@example.com")

    with pytest.raises(ValidationError):
        User(email="ADA@example.com", password="x").full_clean()
    with pytest.raises(IntegrityError):
        User.objects.bulk_create([User(email=user.email.upper())])


def test_a_user_needs_an_address():
    with pytest.raises(ValueError, match="e-mail address"):
        User.objects.create_user(email="", password=PASSWORD)


def test_a_superuser_may_do_everything():
    user = User.objects.create_superuser(email="root@example.com", password=PASSWORD)

    assert user.is_staff
    assert user.has_perm("users.delete_user")


@pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
def test_a_superuser_is_not_half_one(flag):
    with pytest.raises(ValueError, match="superuser"):
        User.objects.create_superuser("root@example.com", PASSWORD, **{flag: False})
