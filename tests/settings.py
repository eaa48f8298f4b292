"""Settings of the tests: an instance of their own, named before the product's settings are read."""

import os

from config.environment import BASE_DIR

os.environ["SEUIL_ENV"] = "test"
os.environ.pop("SEUIL_DB_ROLE", None)  # tests are the owner, and the web role inside acting_as()
os.environ.setdefault("SEUIL_DATA", str(BASE_DIR / ".local" / "test"))
os.environ.pop("CELERY_BROKER_URL", None)
os.environ["SEUIL_QUEUE"] = f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"  # as many as databases

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # argon2 is slow on purpose
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
SECOND_FACTOR_REQUIRED = False  # tests sign in by force_login; those of tests/accounts/ put it on (fixture `enforced`)
WHITENOISE_AUTOREFRESH = True  # each client of the tests makes its own middleware: none lists all static files first
