"""For work on your machine: `manage.py` uses it. Never for anything public."""

from config.settings.base import *

DEBUG = True
SECRET_KEY = env("SECRET_KEY", default="only-for-local-work")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"]  # noqa: S104
INTERNAL_IPS = ["127.0.0.1"]

# Static files come straight from the source folders, without `collectstatic`.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
