"""Settings of Django, for every environment; what changes between them is read by `config.environment`."""

from __future__ import annotations

from config.database import databases, fingerprint
from config.environment import (
    BASE_DIR,
    Environment,
    Refused,
    broker_url,
    data_dir,
    environment,
    kek_dir,
    port,
    queue_name,
    secret_key,
)
from config.logs import logging_settings
from config.mail import contact_phone, mail_server, public_url, sender
from config.options import flag, secret, words

ENV = environment()
IN_PRODUCTION = ENV is Environment.PRODUCTION
IN_DEMO = ENV is Environment.DEMO
DATA_DIR = data_dir()
PORT = port()

DEBUG = ENV is Environment.DEV and flag("SEUIL_DEBUG", default=True)
if IN_PRODUCTION and flag("SEUIL_DEBUG", default=False):
    raise Refused("SEUIL_DEBUG est refusé en production : une page d’erreur détaillée montrerait des données.")

SECRET_KEY = secret_key()
ALLOWED_HOSTS = words("SEUIL_HOSTS", default=[] if IN_PRODUCTION else ["127.0.0.1", "localhost", "[::1]", "testserver"])
if IN_PRODUCTION and not ALLOWED_HOSTS:
    raise Refused("SEUIL_HOSTS manque : donnez les noms de machine sous lesquels Seuil est servi.")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if IN_PRODUCTION else []

# Applications: `core` first, its `migrate` replaces Django's
INSTALLED_APPS = [
    "core",
    "vault",
    "audit",
    "accounts",
    "cases.dossiers",
    "cases.housing",
    "cases.support",
    "commission",
    "reporting",
    "exchange",
    "desk",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "guardian",
    "pgtrigger",
    "django_htmx",
]
MIDDLEWARE = [
    "core.requests.traced",  # outermost: everything after it is told with the request's identifier
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.signed_in_only",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "audit.middleware.acting",  # innermost: sessions and messages are saved outside of it
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "desk.context.navigation",
            ],
        },
    },
]

# Data
DATABASES = databases()
DATABASE_ROUTERS = ["config.db_router.KeystoreRouter"]
AFTER_MIGRATE = [
    "config.db_rights.apply",
    "accounts.operations.install_roles",
    "accounts.operations.install_siao",
    "cases.dossiers.operations.reference.install_motives",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
KEK_DIR = kek_dir()

# Work that runs alone
CELERY_APP = "config.celery.app"
CELERY_BROKER_URL = broker_url()
CELERY_QUEUE = queue_name(fingerprint())
BROKER_DIR = DATA_DIR / "broker"

# People and rights
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.RoleBackend", "accounts.grants.GrantBackend"]
LOGIN_URL = "/connexion/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # accounts.grants.GrantBackend stands for guardian's
ANONYMOUS_USER_NAME = None  # guardian makes no account of its own
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Language and time
LANGUAGE_CODE = "fr"
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True

# Files and mail
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles" if IN_PRODUCTION else None  # elsewhere served from where they are
WHITENOISE_USE_FINDERS = not IN_PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if IN_PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
MEDIA_ROOT = DATA_DIR / "files"
FILE_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024  # a register never touches the disk in clear
PUBLIC_URL = public_url()  # links in mails begin with it
CONTACT_PHONE = contact_phone()
DEFAULT_FROM_EMAIL = SERVER_EMAIL = sender()
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend" if IN_PRODUCTION else "core.mail_folder.EmailBackend"
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS, EMAIL_USE_SSL = mail_server()
EMAIL_TIMEOUT = 10  # seconds: a mail server that hangs must not hold a task

# Safety
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_NAME = "seuil_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = IN_PRODUCTION
CSRF_COOKIE_NAME = "seuil_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = IN_PRODUCTION
SECURE_SSL_REDIRECT = IN_PRODUCTION and flag("SEUIL_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^metrics$"]  # asked by the machine itself, without a proxy
SECURE_HSTS_SECONDS = 31_536_000 if IN_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IN_PRODUCTION
SECURE_HSTS_PRELOAD = IN_PRODUCTION
if IN_PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

METRICS_TOKEN = secret("SEUIL_METRICS_TOKEN")  # who may read /metrics from another machine; empty: nobody

# Errors and logs say codes and places, never values
LOGGING = logging_settings(production=IN_PRODUCTION)
LOGGING_CONFIG = "logging.config.dictConfig"
DEFAULT_EXCEPTION_REPORTER = "config.errors.DiscreetReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.errors.HidesEverything"
ADMINS: list[str] = []  # no error page is sent by mail
