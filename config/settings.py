"""Settings of Django, for every environment; what changes between them is read by `config.environment`."""

from __future__ import annotations

from csp.constants import NONE, SELF

from config.database import databases, fingerprint
from config.environment import (
    BASE_DIR,
    Environment,
    Refused,
    broker_url,
    clamd_url,
    data_dir,
    documents_dir,
    environment,
    kek_dir,
    port,
    queue_name,
    secret_key,
)
from config.logs import logging_settings
from config.mail import contact_phone, mail_server, public_url, sender
from config.options import flag, secret, shared_folder, words

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
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
MIDDLEWARE = [
    "core.requests.traced",  # outermost: everything after it is told with the request's identifier
    "core.headers.guarded",  # before whatever answers by itself: refusals, static files and faults say them too
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.signed_in_only",
    "accounts.middleware.second_factor_only",
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
    "accounts.operations.install_invitation_text",
    "accounts.operations.install_hints",
    "cases.dossiers.operations.reference.install_motives",
    "cases.dossiers.operations.reference.install_communes",
    "cases.dossiers.operations.letters.install_letter_texts",
    "cases.dossiers.operations.piece_kinds.install_piece_kinds",
    "commission.operations.notices.install_notice_text",
    "cases.dossiers.operations.acknowledging.install_receipt_text",
    "cases.dossiers.operations.notice.install_notices",
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
    {"NAME": "accounts.signin.passwords.HardToGuess"},
]
PASSWORD_RESET_TIMEOUT = 3600  # seconds: a link of a mail

# Signing in, on django-allauth (ADR 0018)
SECOND_FACTOR_REQUIRED = flag("SEUIL_SECOND_FACTOR", default=not IN_DEMO)
if IN_PRODUCTION and not SECOND_FACTOR_REQUIRED:
    raise Refused("SEUIL_SECOND_FACTOR vaut 0 : en production, chacun entre avec un second facteur.")
ACCOUNT_ADAPTER = "accounts.signin.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"  # an address is verified by the invitation that it received
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_RATE_LIMITS = {  # `key`: the address, known or not; or the person, for codes
    "login": "30/m/ip",
    "login_failed": "10/900s/key,50/900s/ip",
    "reauthenticate": "10/900s/user",
    "reset_password": "20/900s/ip,5/900s/key",
    "reset_password_from_key": "20/m/ip",
}
MFA_ADAPTER = "accounts.signin.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_ISSUER = "Seuil"
MFA_TOTP_TOLERANCE = 1  # half a minute of drift; a code serves once all the same (accounts.signin.forms.spend)
CACHES = {  # shared by the processes, and by the machines: counters of attempts, spent codes
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_sharedcount",
        "KEY_FUNCTION": "accounts.signin.shared_cache.hashed",
        "OPTIONS": {"MAX_ENTRIES": 100_000},  # what has expired goes first
    }
}

# « À faire »: days without any act after which a dossier is said to be without news
SILENCE_DAYS = 30

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
FILE_UPLOAD_MAX_MEMORY_SIZE = (
    2 * 1024 * 1024
)  # of a whole request; above, sealed as it arrives: never in clear on the disk
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "vault.uploads.SealedUploadHandler",
]
DOCUMENTS_DIR = documents_dir()
CLAMD_URL = clamd_url()  # the antivirus that looks at what is joined; empty: none does
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
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],  # files of ours: no script in a page, no eval
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "upgrade-insecure-requests": IN_PRODUCTION,
    }
}
COOKIE_PREFIX = "__Host-" if IN_PRODUCTION else ""  # of this very host, over HTTPS, for the whole site
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}seuil_session"
SESSION_ENGINE = "accounts.signin.store"  # sealed; who has which one open
SESSION_COOKIE_AGE = 30 * 60  # seconds without activity
SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # but on a telephone where one stays signed in
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = IN_PRODUCTION
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}seuil_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = IN_PRODUCTION
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # a sentence is not for a cookie to carry
SECURE_SSL_REDIRECT = IN_PRODUCTION and flag("SEUIL_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^metrics$"]  # asked by the machine itself, without a proxy
SECURE_HSTS_SECONDS = 31_536_000 if IN_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IN_PRODUCTION
SECURE_HSTS_PRELOAD = IN_PRODUCTION
if IN_PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

METRICS_TOKEN = secret("SEUIL_METRICS_TOKEN")  # who may read /metrics from another machine; empty: nobody
shared_folder("PROMETHEUS_MULTIPROC_DIR")  # read by prometheus_client itself

# Errors and logs say codes and places, never values
LOGGING = logging_settings(production=IN_PRODUCTION)
LOGGING_CONFIG = "logging.config.dictConfig"
DEFAULT_EXCEPTION_REPORTER = "config.errors.DiscreetReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.errors.HidesEverything"
ADMINS: list[str] = []  # no error page is sent by mail
