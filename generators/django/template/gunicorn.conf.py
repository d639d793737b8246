"""How gunicorn serves the site. It reads this file from the current folder."""

import os
from pathlib import Path

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
worker_class = "gthread"

# Heartbeats go to memory: on some hosts /tmp is a slow disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

# A worker that leaks memory is replaced, not all workers at the same moment.
max_requests = 1000
max_requests_jitter = 100

accesslog = "-"
errorlog = "-"
