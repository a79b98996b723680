"""Velory's settings: one file for production, demo and tests, from the environment or a `.env`.

`.env.example` explains each variable. What is badly configured stops the start, all of it named at
once, together with how to mend it.
"""

import os
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from velory.csp import CSP

BASE_DIR = Path(__file__).resolve().parent.parent

problems: list[str] = []
env = environ.Env()

# The environment wins over the file. An empty ENV_FILE reads none, as the demo and the tests do:
# they want no variable of whoever runs them.
_env_file = os.environ.get("ENV_FILE", BASE_DIR / ".env")
if _env_file and ("ENV_FILE" in os.environ or os.path.exists(_env_file)):
    if os.access(_env_file, os.R_OK):
        env.read_env(_env_file)
    else:
        problems.append(f"{_env_file} cannot be read. Let Velory's own user read it (chown, chmod 600).")


def text(name, default=""):
    """A variable as it stands. (`env.str` takes a value that begins with "$" for a name.)"""
    return os.environ.get(name, "").strip() or default


def flag(name, default):
    """A yes or no. A slip of the pen is a problem, not a silent "no"."""
    value = text(name).lower()
    if value in {"", "true", "yes", "on", "1", "false", "no", "off", "0"}:
        return value in {"true", "yes", "on", "1"} if value else default
    problems.append(f"{name} is {value!r}. Set it to true or false.")
    return default


def number(name, default):
    """A whole number from 0."""
    value = text(name, str(default))
    if value.isdecimal():
        return int(value)
    problems.append(f"{name} is {value!r}. Set it to a whole number.")
    return default


# What kind of installation this is

DEBUG = flag("DEBUG", default=False)
DEMO = flag("DEMO", default=False)
# One switch for all that goes with HTTPS: redirect, HSTS, Secure cookies and their __Host- names.
HTTPS = flag("HTTPS", default=True)
PORT = number("PORT", default=8000)
# Velory Support reads every company, so on anything but a trial it needs more than a password.
SUPPORT_NEEDS_TWO_STEP = flag("SUPPORT_NEEDS_TWO_STEP", default=HTTPS)
# How many reverse proxies stand in front and set X-Forwarded-For and X-Forwarded-Proto.
TRUSTED_PROXIES = number("TRUSTED_PROXIES", default=1 if HTTPS else 0)

if HTTPS and DEBUG:
    problems.append("DEBUG shows Velory's inside to every visitor. Remove it, or set HTTPS=false on your own machine.")
if HTTPS and not TRUSTED_PROXIES:
    problems.append(
        "TRUSTED_PROXIES is 0, but HTTPS needs a reverse proxy in front. "
        "Set it to how many there are, or set HTTPS=false to try Velory without."
    )

SECRET_KEY = text("SECRET_KEY")
SECRET_KEY_FALLBACKS = [key.strip() for key in text("SECRET_KEY_FALLBACKS").split(",") if key.strip()]
_new_key = 'Make one: python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
if not SECRET_KEY:
    problems.append(f"SECRET_KEY is missing. {_new_key}")
elif SECRET_KEY.startswith("replace-this"):
    problems.append(f"SECRET_KEY is still the one of .env.example, which everybody knows. {_new_key}")
elif len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5:
    problems.append(f"SECRET_KEY is too easy to guess: it needs 50 random characters. {_new_key}")

ALLOWED_HOSTS = [host.strip() for host in text("ALLOWED_HOSTS").split(",") if host.strip()]
if not ALLOWED_HOSTS:
    problems.append("ALLOWED_HOSTS is empty. Name the hosts that Velory answers to: velory.example.com")
elif "*" in ALLOWED_HOSTS:
    problems.append(
        "ALLOWED_HOSTS is *, with which a stranger's address could get into a password mail. "
        "Name the hosts that Velory answers to: velory.example.com"
    )

# Database. No ATOMIC_REQUESTS: on SQLite every GET would then take the write lock.


def database(name):
    """Django's settings for the `sqlite:///` or `postgres://` address of this variable, or None and a problem."""
    how = "Use postgres://user:password@host:5432/name (password percent-encoded) or sqlite:///path/to/file"
    url = text(name)
    if not url:
        problems.append(f"{name} is missing. {how}")
        return None
    # The address may hold a password, so a message names no more of it than the scheme.
    scheme = url.partition(":")[0]
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        problems.append(f"{name} begins with {scheme!r}, which Velory does not know. {how}")
        return None
    try:
        config = env.db_url_config(url)
    except ValueError:
        problems.append(f"{name} cannot be read. {how}")
        return None
    return (sqlite if scheme == "sqlite" else postgresql)(config, how)


def sqlite(config, how):
    """Writers take turns from their first statement on, and readers never wait for them."""
    path = BASE_DIR / config["NAME"]
    if config["NAME"] == ":memory:":
        problems.append(f"DATABASE_URL names no file. {how}")
    elif not path.parent.is_dir():
        problems.append(f"DATABASE_URL: the folder {path.parent} does not exist. Make it first.")
    return config | {
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL: what was acknowledged is on the disk, also when the power fails.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }


def postgresql(config, how):
    """Connections are kept for an hour, and looked at before they are used again. What one is asked for a third time it
    plans once for all (docs/decisions.md): planning takes longer than answering."""
    if not config["NAME"]:
        problems.append(f"DATABASE_URL names no database. {how}")
    # Where not even a refusal comes back, nobody waits for longer than this many seconds.
    options = {"connect_timeout": 5, "server_side_binding": True, "prepare_threshold": 2} | config.get("OPTIONS", {})
    return config | {"CONN_MAX_AGE": 3600, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}


DATABASES = {"default": database("DATABASE_URL") or {}}
# PostgreSQL keeps companies apart by roles (accounts/policies.py). The application's is the one of DATABASE_URL, the
# pages of support staff have a second one, and the owner's is for migrations only: a server may start without it.
if DATABASES["default"].get("ENGINE", "").endswith("postgresql"):
    for _alias, _name in (("support", "DATABASE_SUPPORT_URL"), ("owner", "DATABASE_OWNER_URL")):
        if text(_name):
            DATABASES[_alias] = database(_name) or {}
    if "support" not in DATABASES:
        problems.append(
            "DATABASE_SUPPORT_URL is missing. Name the same database as DATABASE_URL, with support staff's own role "
            "(docs/deploy.md)."
        )
    # Counts of sign-ins and codes that were used (CACHES, below) are written at once and not with their request, which
    # is one transaction: on its connection the next from the same address would wait for all of it, hashing included,
    # and a request that fails would take its count back.
    DATABASES["cache"] = dict(DATABASES["default"])
DATABASE_ROLES = {
    "app": DATABASES["default"].get("USER", ""),
    "support": DATABASES.get("support", {}).get("USER", ""),
}
DATABASE_ROUTERS = ["accounts.routing.SupportRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if DEMO and HTTPS:
    problems.append("DEMO brings sign-ins whose password everybody knows. Remove it, or set HTTPS=false.")
if DEMO and DATABASES["default"].get("ENGINE", "").endswith("postgresql"):
    problems.append("DEMO fills the database with invented companies, so it only takes a sqlite:/// address.")

# Mail, and whom customers turn to

EMAIL_URL = text("EMAIL_URL")
MAIL_IS_SET_UP = bool(EMAIL_URL)
EMAIL_TIMEOUT = 10
# Without mail, the demo shows in its window what it would have sent; a server keeps such links out
# of its log.
EMAIL_BACKEND = f"django.core.mail.backends.{'console' if DEMO else 'dummy'}.EmailBackend"
if MAIL_IS_SET_UP:
    try:
        _server = urlsplit(EMAIL_URL)
        EMAIL_PORT = _server.port or {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}[_server.scheme]
    except (KeyError, ValueError):
        _server = None
    if _server and _server.hostname:
        EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        EMAIL_HOST = _server.hostname
        EMAIL_HOST_USER = unquote(_server.username or "")
        EMAIL_HOST_PASSWORD = unquote(_server.password or "")
        EMAIL_USE_TLS = _server.scheme == "smtp+tls"
        EMAIL_USE_SSL = _server.scheme == "smtp+ssl"
    else:
        problems.append(
            "EMAIL_URL cannot be read. "
            "Use smtp+tls://user:password@host:587 (password percent-encoded), smtp+ssl:// or smtp://."
        )
# A mail that is sent to one address and not to another is sent after the answer, so that its time tells nothing.
WORK_IN_BACKGROUND = True
DEFAULT_FROM_EMAIL = SERVER_EMAIL = text("MAIL_FROM", "velory@localhost")
if MAIL_IS_SET_UP and "@" not in text("MAIL_FROM"):
    problems.append("MAIL_FROM is missing. Name the address that Velory's mail comes from.")

# How much a file may hold that somebody brings, such as the list of an import.
UPLOAD_LIMIT = number("UPLOAD_LIMIT_MB", 200) * 2**20
FILE_UPLOAD_HANDLERS = [
    "velory.uploading.Limited",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

SUPPORT_CONTACT = text("SUPPORT_CONTACT")
if "@" not in SUPPORT_CONTACT:
    problems.append("SUPPORT_CONTACT is missing. Name the mail address at which customers reach Velory Support.")

TIME_ZONE = text("TIME_ZONE", "Europe/Stockholm")
if TIME_ZONE not in available_timezones():
    problems.append(f"TIME_ZONE is {TIME_ZONE!r}, which does not exist. Name one such as Europe/Stockholm.")

# How long a sign-in lasts (accounts/lifetime.py): until nothing was done in it for so long, and so many days at most.
SESSION_IDLE_MINUTES = number("SESSION_IDLE_MINUTES", default=12 * 60)
SESSION_DAYS = number("SESSION_DAYS", default=7)
SESSION_COOKIE_AGE = SESSION_DAYS * 24 * 60 * 60
for _name in ("SESSION_IDLE_MINUTES", "SESSION_DAYS"):
    if not text(_name, "1").strip("0"):
        problems.append(f"{_name} is 0, with which nobody could stay signed in. Set it to 1 or more.")

# Single sign-on is there where the extra of a protocol is installed (docs/single-sign-on.md).
_packages = {"oidc": ("authlib", "dns", "joserfc", "requests"), "saml": ("dns", "lxml", "onelogin", "xmlsec")}
SSO_PROTOCOLS = [name for name, packages in _packages.items() if all(find_spec(package) for package in packages)]
SSO_IS_INSTALLED = bool(SSO_PROTOCOLS)
# Which name server is asked whether a company has proved a domain. Without one, those of the machine.
DNS_SERVER = text("DNS_SERVER")
try:
    _server = urlsplit(f"//{DNS_SERVER}")
    DNS_ADDRESS = (str(ip_address(_server.hostname or "")), _server.port or 53) if DNS_SERVER else None
except ValueError:
    problems.append(f"DNS_SERVER is {DNS_SERVER!r}. Name an address such as 192.0.2.53 or 192.0.2.53:5353.")

# Providers are asked at public addresses, and within these networks (accounts/sso/reaching.py).
SSO_INTERNAL_NETWORKS = []
for _name in text("SSO_INTERNAL_NETWORKS").replace(",", " ").split():
    try:
        SSO_INTERNAL_NETWORKS.append(ip_network(_name))
    except ValueError:
        problems.append(f"SSO_INTERNAL_NETWORKS: {_name!r} is no network. Name one such as 10.20.0.0/16 or 10.20.0.7.")

# The key that signs downloaded logs and checkpoints (docs/event-log.md). Without one they have checksums only.
CHECKPOINT_KEY_FILE = text("CHECKPOINT_KEY_FILE")
if CHECKPOINT_KEY_FILE and not os.access(CHECKPOINT_KEY_FILE, os.R_OK):
    problems.append(f"CHECKPOINT_KEY_FILE: {CHECKPOINT_KEY_FILE} cannot be read. Let Velory's own user read it.")
# How lines of the log are written: for programs, or for whoever tries Velory out.
LOG_FORMAT = text("LOG_FORMAT", "json" if HTTPS else "line").lower()
if LOG_FORMAT not in {"json", "line"}:
    problems.append(f"LOG_FORMAT is {LOG_FORMAT!r}. Set it to json or line.")

# /metrics is there only where a token is set, with which Prometheus asks for it.
METRICS_TOKEN = text("METRICS_TOKEN")
if METRICS_TOKEN and len(METRICS_TOKEN) < 20:
    problems.append(f"METRICS_TOKEN is too easy to guess: it needs 20 random characters. {_new_key}")
if METRICS_TOKEN and not find_spec("prometheus_client"):
    problems.append("METRICS_TOKEN needs the package prometheus-client. Install it (docs/operations.md) or remove it.")

if problems:
    raise ImproperlyConfigured("\n".join(["Velory is badly configured:", *(f"- {problem}" for problem in problems)]))

# Parts

INSTALLED_APPS = [
    "velory",
    "accounts",
    "devices",
    "repairs",
    *(["demo"] if DEMO else []),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "django_filters",
]

MIDDLEWARE = [
    "velory.logs.log_requests",
    *(["velory.metrics.measure"] if METRICS_TOKEN else []),
    "velory.middleware.utf8_only",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "velory.csp.ContentSecurityPolicyMiddleware",
    "velory.middleware.permissions_policy",
    "velory.middleware.own_pages_only",
    "velory.health.probes",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "velory.middleware.forget_on_sign_out",
    "velory.middleware.private_pages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.lifetime.LifetimeMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # On PostgreSQL one transaction for each request, which sees one company.
    "accounts.middleware.CompanyMiddleware",
    # Closed by default: a view that forgets to ask who is there still asks for a sign-in.
    "accounts.kept.SignInMiddleware",
    "velory.middleware.own_language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.TwoStepMiddleware",
]

ROOT_URLCONF = "velory.urls"
WSGI_APPLICATION = "velory.wsgi.application"

FORM_RENDERER = "velory.forms.FormRenderer"
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
                "repairs.menu.menu",
            ],
            "libraries": {"heroicons": "velory.templatetags.icons"},
        },
    },
    # For the rows of large tables, which Django's own engine takes several times as long to draw.
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {"environment": "velory.jinja.environment"},
    },
]

# The cache counts attempts at signing in. Those counts must be one for all workers, and adding must
# be atomic: memory is each process's own, files can race and stay on one machine, and a cache
# server would be one more thing to run. `migrate` makes the table.
CACHES = {
    "default": {
        "BACKEND": "velory.unavailable.SharedCache",
        "LOCATION": "velory_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# Signing in

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.EmailBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "accounts.passwords.UnlikeOneself",
        "OPTIONS": {"user_attributes": ["email", "full_name"]},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "devices:mine"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.sign_in_forms.SignInForm",
    "reset_password": "accounts.sign_in_forms.PasswordResetForm",
    "reset_password_from_key": "accounts.sign_in_forms.NewPasswordForm",
    "user_token": "accounts.sign_in_forms.LinkForm",
    "change_password": "accounts.sign_in_forms.ChangePasswordForm",
    "reauthenticate": "accounts.sign_in_forms.PasswordAgainForm",
}
# Django's own: allauth's writes a row of addresses on every look at a link.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
# A whole office signs in from one address on a Monday morning, so what an address may do is
# generous and what can be tried at one account is not.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": "60/m/ip,10/5m/key",
    "reset_password": "60/m/ip,5/m/key",
    "reset_password_from_key": "60/m/ip",
    "join": "60/m/ip",
    "single_sign_on": "300/m/ip",
    "reauthenticate": "10/5m/user",
    "change_password": "10/5m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

# The second step. A wrong code counts as a failed sign-in (above), one count for each person.
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Velory"
# The code before and the one after are taken as well: for slow fingers, and clocks that are a little off.
MFA_TOTP_TOLERANCE = 1
# Addresses are Velory's own matter: allauth's list of them is empty.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "accounts.codes.CodeForm",
    "reauthenticate": "accounts.codes.CodeAgainForm",
    "activate_totp": "accounts.codes.AppForm",
    "add_webauthn": "accounts.passkeys.NewPasskeyForm",
    "edit_webauthn": "accounts.passkeys.PasskeyNameForm",
    "authenticate_webauthn": "accounts.passkeys.PasskeyForm",
    "reauthenticate_webauthn": "accounts.passkeys.PasskeyAgainForm",
    "login_webauthn": "accounts.passkeys.PasskeySignInForm",
}
# A passkey has no secret that could be guessed, so this only keeps a machine from asking all day.
MFA_RATE_LIMITS = {"webauthn_login": "300/m/ip"}
# A GET writes nothing: when somebody was last seen stays unknown, when they signed in does not.
USERSESSIONS_TRACK_ACTIVITY = False

# Cookies. Browsers accept a __Host- name only over HTTPS, from this very host. Cookies ignore the
# port, so the demo's names carry it: two demos on one machine don't sign each other out.

if HTTPS:
    _prefix = "__Host-velory_"
elif DEMO:
    _prefix = f"velory_{PORT}_"
else:
    _prefix = "velory_"
SESSION_COOKIE_NAME = f"{_prefix}session"
CSRF_COOKIE_NAME = f"{_prefix}csrf"
MESSAGE_COOKIE_NAME = f"{_prefix}messages"
SSO_COOKIE_NAME = f"{_prefix}sso"
SEEN_COOKIE_NAME = f"{_prefix}seen"
KEPT_COOKIE_NAME = f"{_prefix}kept"
SESSION_ENGINE = "accounts.session_store"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "velory.messages.MessageStorage"

# What browsers are told

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # whoever watches Velory asks it past the proxy
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SILENCED_SYSTEM_CHECKS = [
    # Preloading nails a whole domain to HTTPS in every browser, for good: its owner's decision, not ours.
    "security.W021",
    # Two companies may both have invited an address. It joins only one of them (a constraint of User), and
    # who has not joined has no password to sign in with.
    "auth.W004",
]
# Only where a proxy stands in front, which must set or strip this header: else anybody could.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
}
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)

# Languages and static files

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("sv", _("Swedish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Static files come from our own origin and are for our own pages.
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Everything worth knowing goes to stderr, tracebacks included; Django's own default keeps them for
# mail.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request": {"()": "velory.logs.WithinRequest"},
        "sender": {"()": "velory.logs.WithoutSender"},
    },
    "formatters": {
        "json": {"()": "velory.logs.JsonFormatter"},
        "line": {"()": "velory.logs.LineFormatter"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["request"]},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        # A page that isn't there is a matter for the proxy's log; our errors come with a traceback.
        "django.request": {"level": "ERROR"},
        # A line for each request. The demo's window is for the mails that it would have sent.
        "velory.access": {"level": "WARNING" if DEMO else "INFO"},
        # A line for each piece of work in the background, likewise.
        "velory.work": {"level": "WARNING" if DEMO else "INFO"},
        # gunicorn's workers write in the same form as everybody.
        "gunicorn.error": {"handlers": ["stderr"], "filters": ["sender"], "propagate": False},
        # It warns of each HEAD that a monitor sends, as Django lets the server cut the body.
        "gunicorn.http.wsgi": {"level": "ERROR"},
        # Scanners ask for hosts that aren't ours all day; they get their 400 without a line each.
        "django.security.DisallowedHost": {"handlers": ["nowhere"], "propagate": False},
    },
}
