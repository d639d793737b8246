"""Where settings come from: the environment, then a `.env` file beside manage.py."""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()

if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")
