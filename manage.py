#!/usr/bin/env python3
"""Velory's command line: `python manage.py help` lists what it can do."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "velory.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError as missing:
        sys.exit(
            f"{missing}. Velory's packages live in its virtual environment: "
            "run .venv/bin/python manage.py, or `make demo` to have it made."
        )
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
