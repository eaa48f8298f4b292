"""The application that uvicorn serves: `uvicorn config.asgi:application --lifespan off`."""

from __future__ import annotations

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

from django.core.asgi import get_asgi_application

from config.database import ensure_running

ensure_running()
application = get_asgi_application()

import config.celery  # noqa: E402, F401  now, and not during the first act
