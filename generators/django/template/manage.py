#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        message = (
            "Django is not installed in this Python. Activate the virtual "
            'environment, or make one: pip install -e ".[dev]"'
        )
        raise ImportError(message) from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
