"""The settings of a worker whose application is tests/serving/tiny_app.py."""

from config.settings import *  # noqa: F403

ASGI_APPLICATION = "tests.serving.tiny_app.application"
