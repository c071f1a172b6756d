"""Settings, from the environment. `docs/settings.md` lists them; `residual.env` refuses bad values by name.

RESIDUAL_MODE chooses the defaults: `laptop` (one machine, SQLite, secrets made under DATA_DIR) or `site` (several
people, HTTPS, every secret given, full sandbox demanded).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured

from residual.broker import SCHEMES as BROKER_SCHEMES
from residual.broker import celery_broker_settings
from residual.env import env_bool, env_choice, env_int, env_list, env_path, env_str, env_url
from residual.logs import logging_settings
from residual.secrets import local_secret

django_stubs_ext.monkeypatch()  # lets ModelForm[User] and QuerySet[Lab] be written as types say them

PACKAGE_DIR = Path(__file__).resolve().parent
BASE_DIR = PACKAGE_DIR.parent.parent
IN_CHECKOUT = (BASE_DIR / "manage.py").is_file()

MODE = env_choice("RESIDUAL_MODE", "laptop", choices=("laptop", "site"))
IS_SITE = MODE == "site"
DEBUG = env_bool("DEBUG", default=False)
DATA_DIR = env_path("DATA_DIR", BASE_DIR / "var" if IN_CHECKOUT else Path.home() / ".local/share/residual")
PORT = env_int("PORT", 8000, minimum=1, maximum=65535)


def _secret(name: str) -> str:
    value = env_str(name)
    if value or not IS_SITE:
        return value or local_secret(DATA_DIR, name.lower())
    raise ImproperlyConfigured(f"{name} is not set: with RESIDUAL_MODE=site give a long random value.")


SECRET_KEY = _secret("SECRET_KEY")
RUNNER_TOKEN = _secret("RUNNER_TOKEN")

SITE_URL = env_url("SITE_URL", f"http://127.0.0.1:{PORT}", schemes=("http", "https")).rstrip("/")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", () if IS_SITE else ("localhost", "127.0.0.1", "[::1]"))
if IS_SITE and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is not set: name the host of SITE_URL, separated by commas if several.")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", (SITE_URL,))

INSTALLED_APPS = [
    "residual.accounts",
    "residual.ui",
    "curriculum",
    "residual.progress",
    "labs",
    "residual.reviews",
    "residual.pages",
    "residual.portability",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "django_structlog",
    "drf_spectacular",
    "rest_framework",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "residual.accounts.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "residual.urls"
ASGI_APPLICATION = "residual.asgi.application"
WSGI_APPLICATION = "residual.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates" if IN_CHECKOUT else PACKAGE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "residual.pages.context.site",
            ],
        },
    },
]


def _database() -> dict[str, Any]:
    url = env_url(
        "DATABASE_URL", f"sqlite:///{DATA_DIR / 'residual.sqlite3'}", schemes=("sqlite", "postgres", "postgresql")
    )
    config: dict[str, Any] = dict(dj_database_url.parse(url))
    if config["ENGINE"].endswith("sqlite3"):
        # DESIGN: measured with 20 submitters, IMMEDIATE gave 0 errors where the default mode gave 162.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        }
    else:
        # Under ASGI every request may run in another thread: a pool shares connections where CONN_MAX_AGE would leak.
        config["OPTIONS"] = {"pool": {"min_size": 1, "max_size": env_int("DATABASE_POOL", 10, minimum=1)}}
    return config


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _cache() -> dict[str, Any]:
    url = env_str("CACHE_URL")
    if url:
        env_url("CACHE_URL", "", schemes=("redis", "rediss"))
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}
    return {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "site_cache"}


CACHES = {"default": _cache()}

# --- people -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "residual.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "residual.accounts.forms.SignupDetails"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = env_choice("EMAIL_VERIFICATION", "none", choices=("none", "optional", "mandatory"))
ACCOUNT_SIGNUP_OPEN = env_bool("SIGNUP_OPEN", default=True)
EMAIL_BACKEND = env_str("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_HOST = env_str("EMAIL_HOST", "localhost")
EMAIL_PORT = env_int("EMAIL_PORT", 25, minimum=1, maximum=65535)
EMAIL_HOST_USER = env_str("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env_str("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS", default=False)
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", "Residual <residual@localhost>")

# --- transport security -----------------------------------------------------------------------------------------------
HTTPS = env_bool("HTTPS", default=IS_SITE)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env_bool("BEHIND_PROXY", default=False) else None
SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", 31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = HTTPS
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}

# --- language and time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [PACKAGE_DIR / "locale"]
FORMAT_MODULE_PATH = ["residual.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# --- static files -----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env_path("STATIC_ROOT", DATA_DIR / "static")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "servestatic.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- queues -----------------------------------------------------------------------------------------------------------
BROKER_URL = env_url("BROKER_URL", f"filesystem://{DATA_DIR / 'broker' / 'site'}", schemes=BROKER_SCHEMES)
RUNNER_BROKER_URL = env_url(
    "RUNNER_BROKER_URL", f"filesystem://{DATA_DIR / 'broker' / 'runner'}", schemes=BROKER_SCHEMES
)
_broker = celery_broker_settings(BROKER_URL)
CELERY_BROKER_URL = _broker["broker_url"]
CELERY_BROKER_TRANSPORT_OPTIONS = _broker["broker_transport_options"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "site"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TIMEZONE = "UTC"
RECONCILE_EVERY_S = 5
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "reconcile submissions": {
        "task": "labs.tasks.reconcile",
        "schedule": RECONCILE_EVERY_S,
        "options": {"expires": 2 * RECONCILE_EVERY_S},
    },
}

# --- judging ----------------------------------------------------------------------------------------------------------
MIN_SANDBOX_LEVEL = env_choice(
    "MIN_SANDBOX_LEVEL", "full" if IS_SITE else "namespaces", choices=("full", "namespaces", "unsafe-local")
)
if IS_SITE and MIN_SANDBOX_LEVEL != "full":
    raise ImproperlyConfigured("MIN_SANDBOX_LEVEL must be full with RESIDUAL_MODE=site: others' code runs there.")
LEASE_SECONDS = env_int("LEASE_SECONDS", 30, minimum=5, maximum=3600)
RUNNING_PER_LEARNER = env_int("RUNNING_PER_LEARNER", 2, minimum=1, maximum=100)

# --- API --------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "labs.api.problems.problem_response",
}
SPECTACULAR_SETTINGS = {"TITLE": "Residual", "VERSION": "1", "SERVE_INCLUDE_SCHEMA": False}
DATA_UPLOAD_MAX_MEMORY_SIZE = (
    64 * 1024 * 1024
)  # a runner's event batch may hold several reports; submissions have their own limit

LOGGING = logging_settings(
    level=env_choice("LOG_LEVEL", "INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR")),
    style=env_choice("LOG_FORMAT", "json" if IS_SITE else "console", choices=("json", "console")),
)
