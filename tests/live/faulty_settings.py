"""The app's settings with the faulty layer between the workers."""

from config.settings import *  # noqa: F403
from config.settings import CHANNEL_LAYERS

_REAL = CHANNEL_LAYERS["default"]
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "tests.live.faulty_layer.FaultyLayer",
        "CONFIG": {**_REAL["CONFIG"], "backend": _REAL["BACKEND"]},
    }
}
