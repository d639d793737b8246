"""Health checks for load balancers and orchestrators.

- `/livez`: the process answers. If not, restart it.
- `/readyz`: the database and the cache answer too. If not, send no visitors.

They are a middleware that comes first, not views: probes call a server by its IP
address and over plain HTTP, which `ALLOWED_HOSTS` and the redirect to HTTPS refuse.
"""

import logging
from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse

logger = logging.getLogger(__name__)


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/livez":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            return ready()
        return self.get_response(request)


def ready() -> JsonResponse:
    checks = {"database": database_answers, "cache": cache_answers}
    results = {name: passes(name, check) for name, check in checks.items()}
    healthy = all(results.values())
    return JsonResponse(
        {
            "status": "ok" if healthy else "unavailable",
            "checks": {name: "ok" if ok else "failed" for name, ok in results.items()},
        },
        status=200 if healthy else 503,
    )


def passes(name: str, check: Callable[[], bool]) -> bool:
    """Whatever goes wrong is a failed check; the reason goes to the log only."""
    try:
        return check()
    except Exception:
        logger.exception("Health check failed: %s", name)
        return False


def database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def cache_answers() -> bool:
    cache.set("readyz", "ok", timeout=10)
    return cache.get("readyz") == "ok"
