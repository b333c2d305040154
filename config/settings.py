"""All settings, safe by default; what differs between places comes from the environment (see docs/configuration.md)."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.flag("DEBUG", False)
SECRET_KEY = env.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
# Seal hosts' bank accounts (orders/sealing.py): the first seals, all open. None: accounts are neither kept nor shown.
PAY_ACCOUNT_KEYS = env.fernet_keys("PAY_ACCOUNT_KEYS")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1")
HTTPS = env.flag("HTTPS", True)
DEMO = env.flag("DEMO", False)

INSTALLED_APPS = [
    "daphne",
    "config.admin.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "allauth",
    "allauth.account",
    "accounts",
    "rooms",
    "chat",
    "orders",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LocaleMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ]
        },
    }
]

# --- data -----------------------------------------------------------------------------------------------------
# A pool, because under ASGI each request runs in a thread of its own: CONN_MAX_AGE would leak one connection each.
DATABASE_POOL = env.number("DATABASE_POOL", 16, low=6, high=500)
DATABASES = {
    "default": {
        **env.database("DATABASE_URL"),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 5},
            "connect_timeout": 5,
            "application_name": "rualone",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "django_cache",
        # Django culls a third of the rows beyond this: rate limits must not be washed out by a flood of others.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
CHANNEL_LAYERS = {"default": env.channel_layer("BUS_URL", DATABASES["default"])}
# Of the first start only: workers that a parent restarts do without a bus that is away, as those that run do.
BUS_START_WITHIN = env.number("BUS_START_WITHIN", 10, low=0, high=600)
METRICS_TOKEN = env.text("METRICS_TOKEN", "")

# --- chat: bounds and pace (documented in docs/protocol.md) -------------------------------------------------------
CHAT = {
    "SENDS_PER_SECOND": env.number("CHAT_SENDS_PER_SECOND", 10, low=1, high=10**6),
    "SENDS_BURST": env.number("CHAT_SENDS_BURST", 30, low=1, high=10**6),
    "BUS_SHARDS": env.number("CHAT_BUS_SHARDS", 1, low=1, high=1024),
    "STOMP_TOPICS": env.flag("STOMP_TOPICS", False),  # /topic/{name} for everybody who has signed in
    "STOMP_HEARTBEAT_MS": env.number("STOMP_HEARTBEAT_MS", 10_000, low=100, high=600_000),
}

# --- people ---------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["nickname", "username", "email"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "chat:list"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "accounts.forms.SignupForm",
    "login": "accounts.forms.LoginForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False  # guests, who are signed in, must reach the sign-in page
ACCOUNT_PREVENT_ENUMERATION = "strict"  # addresses are not verified, so nobody owns one by typing it first
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {
    "join_as_guest": "20/m/ip,200/h/ip",  # a dormitory shares one address
    "come_back": "20/m/ip,200/h/ip",  # openings of guests' private links
    "come_back_made": "10/h/user",
    "room_made": "30/h/user",
    "token_made": "20/h/user",
    "report": "20/m/user",  # besides the bound a day (orders/reports.py)
    "export": "10/m/user",
    "account": "20/m/user",  # looks at a host's bank account
    "write": "60/m/user",  # texts, edits and deletions by form; those by socket have CHAT_SENDS_PER_SECOND
}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if env.flag("BEHIND_PROXY", False) else 0
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")

# --- language and time ----------------------------------------------------------------------------------------
LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", _("Korean")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "Asia/Seoul"
USE_TZ = True

# --- files ----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(BASE_DIR / "var" / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
# Module imports in our JavaScript are rewritten to hashed names, so a deploy never mixes two versions.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static.ModuleManifestStorage"},
}

# --- security -------------------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = HTTPS and env.flag("SSL_REDIRECT", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY", False) else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "daphne": {"level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
        # While the bus is away these repeat it every second, with tracebacks; our own log says it once.
        **{
            name: {"level": "CRITICAL"}
            for name in ("channels_redis", "channels_rabbitmq", "carehare", "aiokafka")
        },
        "chat.layers": {"level": "WARNING"},
        "psycopg": {"level": "ERROR"},
        "psycopg.pool": {"level": "WARNING"},
    },
}
