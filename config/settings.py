"""The one settings module. What differs between installations comes from the environment."""

from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import environ
from celery.schedules import crontab

from config import env
from config.appearance import appearance
from config.embedded.addresses import addresses
from config.logging import configure_structlog, log_level, logging_settings, wants_json
from config.mail import mail_server

BASE_DIR = env.BASE_DIR
DATA_DIR = env.data_dir()

# --- the process ---------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG")
PRODUCTION = env.flag("PRODUCTION")
SECRET_KEY = env.secret_key("insecure-development-key-set-NODELOOM_SECRET_KEY-in-production")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
# Of what is encrypted at rest; the first one encrypts. Empty: derived from the secret key.
ENCRYPTION_KEYS = env.words("ENCRYPTION_KEYS")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PORT = env.whole("PORT", 8000)
LIVE_PORT = env.whole("LIVE_PORT", PORT + 1)

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "config",
    "accounts",
    "node_links",
    "knowledge_base",
    "spindles",
    "function_models",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "pgtrigger",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework_simplejwt.token_blacklist",
    "django_celery_beat",
    "axes",
]

MIDDLEWARE = [
    "config.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.middleware.OperatorMiddleware",
    "axes.middleware.AxesMiddleware",
]

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
            ]
        },
    }
]

# --- PostgreSQL ----------------------------------------------------------------------------------
# `default` is the app role, under row-level security; `owner` owns the tables and runs migrations.
EMBEDDED = addresses(DATA_DIR)
EMBED_DATABASE = env.url("DATABASE_URL") is None
EMBED_REDIS = env.url("REDIS_URL") is None
DATABASE_URL = env.url("DATABASE_URL") or EMBEDDED.database_url
DATABASE_OWNER_URL = env.url("DATABASE_OWNER_URL") or (
    EMBEDDED.owner_url if EMBED_DATABASE else DATABASE_URL
)
# A process with many threads has a pool. The few threads of web and workers keep one connection
# each instead: it is faster there, and Celery closes Django's pool around every task.
DB_POOL = env.flag("DB_POOL", default=True)
# The statements of every request are kept prepared by each connection. A PgBouncer before 1.21 that
# lends connections for a transaction cannot have that.
DB_PREPARE = env.flag("DB_PREPARE", default=True)


def _database(url: str, *, pool: bool) -> dict[str, Any]:
    options: dict[str, Any] = {
        "connect_timeout": env.whole("DB_CONNECT", 2),
        "prepare_threshold": 2 if DB_PREPARE else None,
    }
    if pool:
        options["pool"] = {
            "min_size": 1,
            "max_size": env.whole("DB_POOL_SIZE", 20),
            "max_idle": env.whole("DB_POOL_IDLE", 30),
            "timeout": env.whole("DB_CONNECT", 2),
            "name": "nodeloom",
        }
    parts = environ.Env.db_url_config(url)
    return {
        **parts,
        "HOST": unquote(parts["HOST"]),  # the folder of a socket is percent-encoded in a URL
        "ENGINE": "config.postgresql",
        "OPTIONS": options,
        "ATOMIC_REQUESTS": True,
        "CONN_HEALTH_CHECKS": not pool,  # the backend looks after those of the pool itself
        "CONN_MAX_AGE": 0 if pool else 600,
    }


DATABASES = {
    "default": _database(DATABASE_URL, pool=DB_POOL),
    "owner": {**_database(DATABASE_OWNER_URL, pool=False), "ATOMIC_REQUESTS": False},
}
# A standby of the same database, for requests that only read.
DATABASE_REPLICA_URL = env.url("DATABASE_REPLICA_URL")
if DATABASE_REPLICA_URL:
    DATABASES["replica"] = {
        **_database(DATABASE_REPLICA_URL, pool=DB_POOL),
        "ATOMIC_REQUESTS": False,
        "TEST": {"MIRROR": "default"},
    }
DATABASE_ROUTERS = ["config.replica.ReadsFromReplica", "config.db.OwnerMigrates"]

# --- Valkey / Redis, Celery ----------------------------------------------------------------------
REDIS_URL = env.url("REDIS_URL") or EMBEDDED.redis_url(0)
CACHE_TTL = env.whole("CACHE_TTL", 300)
CACHE_NEARBY_KB = env.whole("CACHE_NEARBY_KB", 8192)  # of each process, in front of Valkey; 0 = off
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "TIMEOUT": CACHE_TTL,
        "KEY_PREFIX": "nl",
        "OPTIONS": {
            "CLIENT_CLASS": "django_redis.client.DefaultClient",
            "SOCKET_CONNECT_TIMEOUT": 1,
            "SOCKET_TIMEOUT": 2,
        },
    }
}
CELERY_BROKER_URL = env.url("BROKER_URL") or env.url("REDIS_URL") or EMBEDDED.broker_url(1)
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES = {
    name: {"exchange": name, "routing_key": name}
    for name in ("default", "embeddings", "executions", "agents", "events", "maintenance")
}
CELERY_TASK_ROUTES = {
    "node_links.tasks.search.*": {"queue": "embeddings"},
    "node_links.tasks.events.*": {"queue": "events"},
    "node_links.tasks.webhooks.*": {"queue": "events"},
    "node_links.tasks.audit.*": {"queue": "maintenance"},
    "node_links.tasks.sagas.sweep_sagas": {"queue": "maintenance"},
    "node_links.tasks.strength.*": {"queue": "maintenance"},
    "node_links.tasks.drift.*": {"queue": "maintenance"},
    "node_links.tasks.cycles.*": {"queue": "maintenance"},
    "node_links.tasks.notifications.*": {"queue": "events"},
    "node_links.tasks.exports.sweep_exports": {"queue": "maintenance"},
    "node_links.tasks.exports.purge_exports": {"queue": "maintenance"},
    "knowledge_base.tasks.announce_due_reviews": {"queue": "maintenance"},
    "spindles.tasks.triggers.*": {"queue": "maintenance"},
    "spindles.tasks.executions.*": {"queue": "executions"},
    "*.maintenance.*": {"queue": "maintenance"},
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A broker that is down must not hold a request: publishing gives up within two seconds.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "max_retries": 0,  # of opening a channel to publish; workers reconnect by their own settings
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"

# --- accounts ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=30)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "accounts.lockout.account_of"
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.address_of"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "accounts.lockout.locked_out"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "UPDATE_LAST_LOGIN": False,
}

# --- the admin -----------------------------------------------------------------------------------
UNFOLD = appearance()
AXES_ENABLE_ADMIN = False  # lockouts have a page of ours

# --- the REST API --------------------------------------------------------------------------------
RATES = {
    "anon": env.text("RATE_ANON", "100/15min"),
    "user": env.text("RATE_USER", "6000/min"),
    "login": env.text("RATE_LOGIN", "20/15min"),
    "hook": env.text("RATE_HOOK", "600/min"),
    "access_key": env.text("RATE_ACCESS_KEY", "60/min"),
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.AccessKeyAuthentication",
        "accounts.api.authentication.TokenAuthentication",
        "accounts.api.authentication.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.permissions.IsMember"],
    "DEFAULT_RENDERER_CLASSES": ["config.api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["config.api.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "config.api.pagination.PageNumberPagination",
    "DEFAULT_FILTER_BACKENDS": [
        "config.api.filters.StrictFilterBackend",
        "config.api.filters.StableOrderingFilter",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["config.api.throttles.CallerThrottle"],
    "DEFAULT_SCHEMA_CLASS": "config.api.schema.AutoSchema",
    "EXCEPTION_HANDLER": "config.api.errors.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "PAGE_SIZE": 20,
    "COERCE_DECIMAL_TO_STRING": False,
    "LIST_SERIALIZER_ERRORS_AS_DICT": True,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Nodeloom",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "DESCRIPTION": "Processes, knowledge, automations and agents of an organisation in one graph.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.api.schema.allow_anything",
    ],
    "ENUM_NAME_OVERRIDES": {
        "BumpEnum": "node_links.choices.Bump",
        "CredentialKindEnum": "spindles.choices.CredentialKind",
        "SopComplexityEnum": "knowledge_base.choices.Complexity",
        "DeadLetterStatusEnum": "node_links.choices.DeadLetterStatus",
        "ExecutionStatusEnum": "spindles.choices.ExecutionStatus",
        "StepStatusEnum": "spindles.choices.StepStatus",
        "ReplayModeEnum": "spindles.choices.ReplayMode",
        "SnapshotStatusEnum": [
            (name, name.title()) for name in ("creating", "ready", "restoring", "failed", "deleted")
        ],
        "SnapshotTypeEnum": [
            ("checkpoint", "Checkpoint"),
            ("before_step", "Before a step"),
            ("after_step", "After a step"),
        ],
        "LogLevelEnum": "spindles.choices.LogLevel",
        "LevelEnum": "function_models.validation.report.LEVELS",
        "EntityStatusEnum": "node_links.choices.EntityStatus",
        "FeatureTypeEnum": "node_links.choices.FeatureType",
        # Of replays and exports alike.
        "ProgressEnum": "node_links.choices.ReplayStatus",
        "WebhookStatusEnum": "node_links.choices.WebhookStatus",
        "WebhookDeliveryStatusEnum": "node_links.choices.WebhookDeliveryStatus",
        "NodeStatusEnum": "node_links.choices.NodeStatus",
        "SpindleStatusEnum": "spindles.choices.SpindleStatus",
        "KindEnum": "knowledge_base.choices.ReferenceKind",
        "OriginEnum": "node_links.choices.LinkOrigin",
        "TriggerKindEnum": "spindles.choices.TriggerKind",
        "TriggerOriginEnum": "spindles.choices.TriggerOrigin",
        "SpindleNodeTypeEnum": "spindles.choices.StepNodeType",
        "DrawnNodeTypeEnum": [
            (name, name)
            for name in ("ioNode", "stageNode", "tetherNode", "kbNode", "functionModelContainer")
        ],
        "TriggerNameEnum": [(name, name) for name in ("manual", "schedule", "webhook", "event")],
        "ExecutionModeEnum": [(name, name) for name in ("sequential", "parallel", "conditional")],
        "RiskEnum": [("low", "low"), ("medium", "medium"), ("high", "high")],
        "VersionStepEnum": [
            ("initial", "initial"),
            ("major", "Major"),
            ("minor", "Minor"),
            ("patch", "Patch"),
        ],
    },
}
# Called with each answer 403, after its transaction was rolled back.
REFUSAL_RECORDER = "node_links.api.refusals.record_refusal"
MAX_BODY_BYTES = env.whole("MAX_BODY_BYTES", 5 * 1024 * 1024)
MAX_UPLOAD_BYTES = env.whole("MAX_UPLOAD_BYTES", 50 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_UPLOAD_BYTES
IDEMPOTENCY_HOURS = 24

# --- search --------------------------------------------------------------------------------------
EMBEDDER = env.text("EMBEDDER", "local")
EMBEDDERS = {
    "local": "node_links.search.embedders.local.LocalEmbedder",
    "openai": "node_links.search.embedders.openai.OpenAIEmbedder",
}
OPENAI_BASE_URL = env.url("OPENAI_BASE_URL") or "https://api.openai.com/v1"
OPENAI_API_KEY = env.url("OPENAI_API_KEY") or ""
EMBEDDING_MODEL = env.text("EMBEDDING_MODEL", "text-embedding-3-small")
EMBEDDING_DIMENSIONS = env.whole("EMBEDDING_DIMENSIONS", 1536)
EMBEDDING_RATE = env.whole("EMBEDDING_RATE", 3000)  # requests a minute, 0 = off
INDEX_DEBOUNCE_SECONDS = env.number("INDEX_DEBOUNCE_SECONDS", 5)
INDEX_SWEEP_SECONDS = env.number("INDEX_SWEEP_SECONDS", 60)
INDEX_LEASE_SECONDS = env.number("INDEX_LEASE_SECONDS", 60)
# Up to so many of an organisation's vectors are compared one by one, which is exact; more go into
# the HNSW index.
VECTOR_EXACT_ROWS = env.whole("VECTOR_EXACT_ROWS", 10_000)
# Less similar passages are no answer at all, even where nothing is nearer.
SEMANTIC_FLOOR = env.number("SEMANTIC_FLOOR", 0.15)
# Loaded by each web process at its start, because the first user should not wait for it.
WARM_UP = ("node_links.search.embedders.warm_up",)

# --- sagas ---------------------------------------------------------------------------------------
SAGA_LEASE_SECONDS = env.number("SAGA_LEASE_SECONDS", 60)
SAGA_SWEEP_SECONDS = env.number("SAGA_SWEEP_SECONDS", 15)
SAGA_DAYS = env.whole("SAGA_DAYS", 90)  # of those that came to a good end
# --- events --------------------------------------------------------------------------------------
# Seconds before the second, third … try of a delivery; after the last one it is a dead letter.
DELIVERY_RETRY_SECONDS = env.numbers("DELIVERY_RETRY_SECONDS", [1, 5])
DELIVERY_SWEEP_SECONDS = env.number("DELIVERY_SWEEP_SECONDS", 10)
DELIVERY_DAYS = env.whole("DELIVERY_DAYS", 7)
SUBSCRIBER_SECONDS = env.number("SUBSCRIBER_SECONDS", 30)  # of one subscriber for one event
# --- runs ----------------------------------------------------------------------------------------
LEASE_SECONDS = env.number("LEASE", 30)  # of a worker on a step; renewed at each heartbeat
HEARTBEAT_SECONDS = env.number("HEARTBEAT", 15)
MAX_RUNNING_PER_ORGANIZATION = env.whole("MAX_RUNNING_PER_ORGANIZATION", 20)  # 0 = no limit
SNAPSHOT_INTERVAL = env.number("SNAPSHOT_INTERVAL", 300)
SNAPSHOT_KEEP = env.whole("SNAPSHOT_KEEP", 10)
# Steps without an outside effect that one transaction may do; 1: each has its own.
ENGINE_BATCH_STEPS = env.whole("ENGINE_BATCH_STEPS", 50)
STEP_PROCESSES = env.whole("STEP_PROCESSES", 4)  # of each worker, for steps that work outside
STEP_PROCESS_TASKS = env.whole("STEP_PROCESS_TASKS", 1000)  # then a process is replaced
STEP_MEMORY_MB = env.whole("STEP_MEMORY_MB", 1024)  # of one such process, 0 = no limit
RUN_SWEEP_SECONDS = env.number("RUN_SWEEP_SECONDS", 1)
# --- webhooks -------------------------------------------------------------------------------------
# Pauses between the tries of one message: eight tries in all, over some 22 hours.
WEBHOOK_RETRY_SECONDS = env.numbers(
    "WEBHOOK_RETRY_SECONDS", [5, 30, 120, 600, 3600, 21_600, 57_600]
)
WEBHOOK_TIMEOUT_SECONDS = env.number("WEBHOOK_TIMEOUT_SECONDS", 10)
WEBHOOK_SWEEP_SECONDS = env.number("WEBHOOK_SWEEP_SECONDS", 10)
WEBHOOK_FAILURES = env.whole("WEBHOOK_FAILURES", 5)  # messages in a row, then it is disabled
WEBHOOK_LOG_DAYS = env.whole("WEBHOOK_LOG_DAYS", 30)  # of finished messages
WEBHOOK_OVERLAP_HOURS = env.number("WEBHOOK_OVERLAP_HOURS", 24)  # of the old secret and the new
MAIL_SWEEP_SECONDS = 10
# --- triggers of spindles -------------------------------------------------------------------------
SCHEDULE_GRACE_SECONDS = env.number("SCHEDULE_GRACE_SECONDS", 60)  # so late is still in time
HOOK_MAX_BYTES = env.whole("HOOK_MAX_BYTES", 1024 * 1024)
TRIGGER_CHAIN = env.whole("TRIGGER_CHAIN", 10)  # runs that start each other by events
TRIGGER_FIRING_DAYS = env.whole("TRIGGER_FIRING_DAYS", 90)
SPINDLE_ERROR_AFTER = env.whole("SPINDLE_ERROR_AFTER", 5)  # failed runs in a row, 0 = never
# --- the live process -----------------------------------------------------------------------------
# The address that clients reach it at; empty: the host of the request and LIVE_PORT.
LIVE_URL = env.text("LIVE_URL")
LIVE_CHANNELS = {
    "nodeloom_events": "node_links.realtime.topics.topics_of_event",
    "nodeloom_notifications": "node_links.realtime.topics.topics_of_notification",
}
LIVE_STREAMS = {
    "/api/v1/events/stream/": "node_links.realtime.streams.open_event_stream",
    "/api/v1/notifications/stream/": "node_links.realtime.streams.open_notification_stream",
    "/api/v1/executions/<uuid:execution_id>/events/": "spindles.realtime.streams.open_run_stream",
}
LIVE_HEARTBEAT_SECONDS = env.number("LIVE_HEARTBEAT_SECONDS", 15)
LIVE_STREAMS_PER_USER = env.whole("LIVE_STREAMS_PER_USER", 10)
LIVE_QUEUE = env.whole("LIVE_QUEUE", 256)  # messages that may wait for one client
LIVE_THREADS = env.whole("LIVE_THREADS", 4)  # and so many connections to the database at most

# --- periodic jobs -------------------------------------------------------------------------------
CELERY_BEAT_SCHEDULE = {
    "sweep-runs": {
        "task": "spindles.tasks.executions.sweep_runs",
        "schedule": RUN_SWEEP_SECONDS,
        "options": {"queue": "executions", "expires": 5},
    },
    "sweep-children": {
        "task": "spindles.tasks.executions.sweep_children",
        "schedule": 15,
        "options": {"queue": "executions", "expires": 15},
    },
    "sweep-events-for-steps": {
        "task": "spindles.tasks.executions.sweep_events",
        "schedule": 15,
        "options": {"queue": "executions", "expires": 15},
    },
    "sweep-search-index": {
        "task": "node_links.tasks.search.sweep_index",
        "schedule": INDEX_SWEEP_SECONDS,
        "options": {"queue": "embeddings", "expires": INDEX_SWEEP_SECONDS},
    },
    "sweep-sagas": {
        "task": "node_links.tasks.sagas.sweep_sagas",
        "schedule": SAGA_SWEEP_SECONDS,
        "options": {"queue": "maintenance", "expires": SAGA_SWEEP_SECONDS},
    },
    "sweep-deliveries": {
        "task": "node_links.tasks.events.sweep_deliveries",
        "schedule": DELIVERY_SWEEP_SECONDS,
        "options": {"queue": "events", "expires": DELIVERY_SWEEP_SECONDS},
    },
    "sweep-replays": {
        "task": "node_links.tasks.events.sweep_replays",
        "schedule": 60,
        "options": {"queue": "events", "expires": 60},
    },
    "purge-deliveries": {
        "task": "node_links.tasks.events.purge_deliveries",
        "schedule": crontab(hour="3", minute="37"),
        "options": {"queue": "events"},
    },
    "purge-replays": {
        "task": "node_links.tasks.events.purge_replays",
        "schedule": crontab(hour="3", minute="41"),
        "options": {"queue": "maintenance"},
    },
    "purge-dedup-keys": {
        "task": "node_links.tasks.events.purge_dedup_keys",
        "schedule": crontab(hour="3", minute="43"),
        "options": {"queue": "maintenance"},
    },
    "fire-due-schedules": {
        "task": "spindles.tasks.triggers.fire_due_schedules",
        "schedule": 1,
        # Not the queue of runs, which may be long.
        "options": {"queue": "maintenance", "expires": 10},
    },
    "purge-trigger-firings": {
        "task": "spindles.tasks.triggers.purge_firings",
        "schedule": crontab(hour="3", minute="49"),
        "options": {"queue": "maintenance"},
    },
    "purge-webhook-messages": {
        "task": "node_links.tasks.webhooks.purge_messages",
        "schedule": crontab(hour="3", minute="47"),
        "options": {"queue": "maintenance"},
    },
    "purge-sagas": {
        "task": "node_links.tasks.sagas.purge_sagas",
        "schedule": crontab(hour="3", minute="53"),
        "options": {"queue": "maintenance"},
    },
    "sweep-exports": {
        "task": "node_links.tasks.exports.sweep_exports",
        "schedule": 300,
        "options": {"queue": "maintenance", "expires": 300},
    },
    "purge-exports": {
        "task": "node_links.tasks.exports.purge_exports",
        "schedule": crontab(hour="4", minute="13"),
        "options": {"queue": "maintenance"},
    },
    "purge-executions": {
        "task": "spindles.tasks.maintenance.purge_executions",
        "schedule": crontab(hour="4", minute="23"),
        "options": {"queue": "maintenance"},
    },
    "send-webhooks": {
        "task": "node_links.tasks.webhooks.send_webhooks",
        "schedule": WEBHOOK_SWEEP_SECONDS,
        "options": {"queue": "events", "expires": WEBHOOK_SWEEP_SECONDS},
    },
    "send-mails": {
        "task": "node_links.tasks.notifications.send_mails",
        "schedule": MAIL_SWEEP_SECONDS,
        "options": {"queue": "events", "expires": MAIL_SWEEP_SECONDS},
    },
    "purge-expired": {
        "task": "accounts.tasks.purge_expired",
        "schedule": crontab(hour="3", minute="17"),
        "options": {"queue": "maintenance"},
    },
    "announce-due-reviews": {
        "task": "knowledge_base.tasks.announce_due_reviews",
        "schedule": crontab(hour="4", minute="7"),
        "options": {"queue": "maintenance"},
    },
    "purge-function-models": {
        "task": "function_models.tasks.maintenance.purge_models",
        "schedule": crontab(hour="3", minute="57"),
        "options": {"queue": "maintenance"},
    },
    "cleanup-audit-logs": {
        "task": "node_links.tasks.audit.cleanup_audit_logs",
        "schedule": crontab(hour="3", minute="37"),
        "options": {"queue": "maintenance"},
    },
    "gather-strengths": {
        "task": "node_links.tasks.strength.gather_strengths",
        "schedule": crontab(hour="1", minute="47"),
        "options": {"queue": "maintenance"},
    },
    "check-version-pins": {
        "task": "node_links.tasks.drift.check_version_pins",
        "schedule": crontab(hour="2", minute="17"),
        "options": {"queue": "maintenance"},
    },
    "check-cycles": {
        "task": "node_links.tasks.cycles.check_cycles",
        "schedule": crontab(hour="2", minute="47"),
        "options": {"queue": "maintenance"},
    },
}

# --- resilience, monitoring ----------------------------------------------------------------------
RETRY_TRIES = env.whole("RETRY_TRIES", 3)
RETRY_DELAY = env.number("RETRY_DELAY", 1)
BREAKER_FAILURES = env.whole("BREAKER_FAILURES", 5)
BREAKER_SECONDS = env.whole("BREAKER_SECONDS", 30)
SLOW_QUERY_SECONDS = env.number("SLOW_QUERY_SECONDS", 0.1)  # 0 = off
OUTBOUND_ALLOW = env.words("OUTBOUND_ALLOW")
RECOVERY_WINDOW_DAYS = env.whole("RECOVERY_WINDOW_DAYS", 30)
EXPORT_DAYS = env.whole("EXPORT_DAYS", 7)
EXECUTION_DAYS = env.whole("EXECUTION_DAYS", 0)  # of finished runs; 0 = for good
AUDIT_DAYS = env.whole("AUDIT_DAYS", 365)
METRICS_TOKEN = env.text("METRICS_TOKEN")  # empty: /metrics answers this machine only
configure_structlog()
LOGGING = logging_settings(level=log_level(), as_json=wants_json())

# --- texts, files, languages ---------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
FORMAT_MODULE_PATH = "config.formats"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"
WHITENOISE_USE_FINDERS = not PRODUCTION

# --- notices -------------------------------------------------------------------------------------
PUBLIC_URL = env.text("PUBLIC_URL", f"http://localhost:{PORT}")
MAIL_SERVER = mail_server(env.text("EMAIL_URL", "console"), DATA_DIR / "mail")
EMAIL_BACKEND = env.text("EMAIL_BACKEND") or MAIL_SERVER.backend
EMAIL_HOST = MAIL_SERVER.host
EMAIL_PORT = MAIL_SERVER.port
EMAIL_HOST_USER = MAIL_SERVER.user
EMAIL_HOST_PASSWORD = MAIL_SERVER.password
EMAIL_USE_TLS = MAIL_SERVER.use_tls
EMAIL_USE_SSL = MAIL_SERVER.use_ssl
EMAIL_FILE_PATH = MAIL_SERVER.file_path
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", "Nodeloom <nodeloom@localhost>")

# --- security ------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.flag("SECURE_COOKIES", default=PRODUCTION)
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = env.flag("SSL_REDIRECT", default=False)
SECURE_HSTS_SECONDS = env.whole("HSTS_SECONDS", 0)
if env.flag("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SILENCED_SYSTEM_CHECKS = ["axes.W003"]
