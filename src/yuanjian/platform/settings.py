"""Django settings, every one of them derived from `yuanjian.config` or fixed with its reason.

Nothing here reads the environment itself.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from psycopg.conninfo import conninfo_to_dict

from yuanjian import config

YUANJIAN = config.load()
BASE_DIR = Path(__file__).resolve().parent

SECRET_KEY = YUANJIAN.secret_key
DEBUG = False
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
LANGUAGE_CODE = "zh-hans"
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "yuanjian.platform.urls"
WSGI_APPLICATION = "yuanjian.platform.wsgi.application"
AUTH_USER_MODEL = "accounts.User"

INSTALLED_APPS = [
    "yuanjian.platform.admin.YuanjianAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "yuanjian.platform.common",
    "yuanjian.platform.accounts",
    "yuanjian.platform.registry",
    "yuanjian.platform.exchange",
    "yuanjian.platform.monitoring",
    "yuanjian.platform.evidence",
    "yuanjian.platform.clues",
    "yuanjian.platform.orders",
    "yuanjian.platform.inspections",
    "yuanjian.platform.portal",
    "yuanjian.platform.analytics",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "yuanjian.platform.common.middleware.SecurityHeaders",
    "yuanjian.platform.common.middleware.RefuseNul",
    "yuanjian.platform.common.middleware.WordRefusals",
    "yuanjian.platform.common.middleware.CompressText",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def _database(url: str) -> dict[str, object]:
    """A libpq address as Django wants it; every further libpq parameter is passed on."""
    parts = dict(conninfo_to_dict(url or "dbname=yuanjian"))
    known = {name: parts.pop(key, "") for name, key in _DATABASE_KEYS.items()}
    # Persistent connections: measured, a connection per request costs a factor of seven on lists.
    known |= {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
    return known | {"OPTIONS": parts}


_DATABASE_KEYS = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
DATABASES = {"default": _database(YUANJIAN.database_url)}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- sign-in -----------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "yuanjian.platform.accounts.throttle.locked_out"
AXES_CLIENT_IP_CALLABLE = "yuanjian.platform.accounts.throttle.address"
AXES_VERBOSE = False
TRUSTED_PROXIES = YUANJIAN.proxies

# --- cookies, hosts, headers ---------------------------------------------------------------------------
_WEB = urlsplit(YUANJIAN.web_url)
_SECURE = _WEB.scheme == "https"
WEB_ORIGIN = f"{_WEB.scheme}://{_WEB.netloc}"
# Behind a wildcard address nobody knows the name people type; see the check yuanjian.W001.
ALLOWED_HOSTS = (
    ["*"]
    if _WEB.hostname in {"0.0.0.0", "::"}
    else [_WEB.hostname or "localhost", YUANJIAN.web_host, "localhost", "127.0.0.1"]
)
CSRF_TRUSTED_ORIGINS = [WEB_ORIGIN]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _SECURE
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _SECURE
CSRF_FAILURE_VIEW = "yuanjian.platform.common.errors.csrf_failed"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if _SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _SECURE else None
X_FRAME_OPTIONS = "DENY"

# --- files ---------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
FILE_UPLOAD_HANDLERS = [
    "yuanjian.platform.evidence.uploads.Quota",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FILES = 20

# --- queue, history, domain ----------------------------------------------------------------------------
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""  # the worker imports the tasks; web and push stay small
LINK_ONLINE_SECONDS = 300  # a logger is online while its last valid frame is not older

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # Every 401 and 404, and every bot with a made-up Host header, is no event; our own faults are logged.
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
