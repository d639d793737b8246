"""How gunicorn serves the site: `gunicorn --config config/gunicorn.py config.wsgi`."""

import os
from pathlib import Path

from config.env import env
from config.log import FORMATTERS

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
worker_class = "gthread"

# Heartbeats go to memory: on some hosts /tmp is a slow disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

# A worker that leaks memory is replaced, not all workers at the same moment.
max_requests = 1000
max_requests_jitter = 100

# Each request and what happens to the workers, in the form that LOG_FORMAT chooses.
accesslog = "-"
errorlog = "-"
log_format = env("LOG_FORMAT", default="line")
if log_format != "line":
    logconfig_dict = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": FORMATTERS,
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": log_format},
        },
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            name: {"handlers": ["console"], "level": "INFO", "propagate": False}
            for name in ("gunicorn.access", "gunicorn.error")
        },
    }
