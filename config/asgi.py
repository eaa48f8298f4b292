"""The application that uvicorn serves: `uvicorn config.asgi:application --lifespan off`."""

from __future__ import annotations

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django

from config.database import ensure_running, keep_connections

ensure_running()
keep_connections()
django.setup(set_prefix=False)  # as django.core.asgi does

from config.bodies import SealingHandler  # noqa: E402

application = SealingHandler()

import config.celery  # noqa: E402, F401  now, and not during the first act
