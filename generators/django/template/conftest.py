import pytest
from django.core.cache import cache

from users.models import User
from users.tests.factories import UserFactory


@pytest.fixture(autouse=True)
def _clean_cache():
    """No test sees what another one left in the cache, rate limits included."""
    cache.clear()


@pytest.fixture
def user(db) -> User:
    return UserFactory()
