"""The protocols of the systems under test, by name."""

from benchmarks.dialects.base import Answered, Delivered, Dialect, Identity, Reload
from benchmarks.dialects.mqtt import Mqtt
from benchmarks.dialects.rualone import Rualone
from benchmarks.dialects.rualone_stomp import RualoneStomp
from benchmarks.dialects.socketio import SocketIO
from benchmarks.dialects.stomp import Stomp
from benchmarks.dialects.tutorial import Tutorial
from benchmarks.dialects.xmpp import Xmpp

__all__ = ["DIALECTS", "Answered", "Delivered", "Dialect", "Identity", "Reload"]

DIALECTS: dict[str, Dialect] = {
    "rualone": Rualone(),
    "rualone-stomp": RualoneStomp(),
    "tutorial": Tutorial(),
    "socketio": SocketIO(),
    "mosquitto": Mqtt(),
    "stomp": Stomp(),
    "xmpp": Xmpp(),
}
