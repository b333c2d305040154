"""As little as Django and Channels need; LAYER and BUS_URL come from the environment."""

import os

SECRET_KEY = "only-for-benchmarks"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["daphne", "channels"]
ROOT_URLCONF = "benchmarks.tutorial_peer.urls"
ASGI_APPLICATION = "benchmarks.tutorial_peer.asgi.application"
# redis-py 8 gives idle sockets up after 5 s unless told otherwise; our own app says the same.
HOST = {"address": os.environ["BUS_URL"], "socket_timeout": None, "socket_connect_timeout": 2}
CHANNEL_LAYERS = {"default": {"BACKEND": os.environ["LAYER"], "CONFIG": {"hosts": [HOST]}}}
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"daphne": {"level": "WARNING"}, "django.channels.server": {"level": "WARNING"}},
}
