"""BUS_URL, which picks the channel layer, as an entry of CHANNEL_LAYERS. Pure: nothing is connected to here.

What is wrong is said in one sentence with the variable's name and never with a part of its value: where a password
ends cannot be known in an address that is wrong.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import make_conninfo

HOSTS_MAX: Final = 32
CAPACITY: Final = 10_000  # messages that wait in a worker; the hub takes them as they come
CONNECT_WITHIN: Final = 2  # seconds
PARTITIONS: Final = 64
PARTITIONS_MAX: Final = 1024
SASL: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

FORMS: Final = {
    "memory": "memory://",
    "redis": "redis://[user:password@]host[:port][,host…][/database][?sentinel=NAME]",
    "rediss": "rediss://[user:password@]host[:port][,host…][/database][?cafile=PATH&sentinel=NAME]",
    "unix": "unix:///path/to/redis.sock[?db=N]",
    "kafka": "kafka://[user:password@]broker[:port][,broker…]/topic[?partitions=64&sasl=…&tls=1&cafile=PATH]",
    "amqp": "amqp://[user:password@]host[:port][/vhost]",
    "amqps": "amqps://[user:password@]host[:port][/vhost][?cafile=PATH]",
    "postgres": "postgres:// (the app's own database) or postgres://user:password@host[:port]/database[?sslmode=…]",
}

_HOST = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[A-Za-z0-9._-]{1,253}))(?::(?P<port>\d{1,5}))?"
)
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,200}")


class _Wrong(ValueError):
    """What is expected instead; holds nothing of the value."""


@dataclass(frozen=True)
class _Address:
    """The parts of the address, decoded."""

    scheme: str
    user: str
    password: str
    hosts: list[tuple[str, int]]
    path: str
    options: dict[str, str]

    def only(self, *names: str) -> None:
        if not self.options.keys() <= set(names):
            raise _Wrong(f"takes {'the options ' + ', '.join(names) if names else 'no option'}")

    def number(self, name: str, default: int, low: int, high: int) -> int:
        value = self.options.get(name, str(default))
        if not re.fullmatch(r"[0-9]{1,9}", value) or not low <= int(value) <= high:
            raise _Wrong(f"takes {name} from {low} to {high}")
        return int(value)

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        value = self.options.get(name)
        if value is not None and value not in choices:
            raise _Wrong(f"takes {name} as one of {', '.join(choices)}")
        return value


def channel_layer(name: str, value: str, database: Mapping[str, Any]) -> dict[str, Any]:
    """BACKEND and CONFIG for the address in the variable `name`; `database` is DATABASES["default"], for postgres://.

    Raises ImproperlyConfigured with one sentence.
    """
    scheme = value.partition("://")[0].lower() if "://" in value else ""
    scheme = "postgres" if scheme == "postgresql" else scheme
    if scheme not in _MAKERS:
        raise ImproperlyConfigured(f"{name} must start with one of {', '.join(f'{s}://' for s in FORMS)}.")
    try:
        backend, config = _MAKERS[scheme](_split(scheme, value), database)
    except _Wrong as wrong:
        raise ImproperlyConfigured(f"{name}: {scheme}:// {wrong}; it looks like {FORMS[scheme]}.") from None
    return {"BACKEND": backend, "CONFIG": config}


# --- taking it apart ----------------------------------------------------------------------------------------------
def _split(scheme: str, value: str) -> _Address:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise _Wrong("holds ASCII without blanks only (others %-encoded)")
    try:
        parts = urlsplit(value)
        pairs = parse_qsl(
            parts.query, keep_blank_values=True, strict_parsing=bool(parts.query), max_num_fields=20
        )
    except ValueError:  # of the standard library, and it quotes what it was given
        raise _Wrong("cannot be read") from None
    options = dict(pairs)
    if parts.fragment or len(options) < len(pairs):
        raise _Wrong("has no # and no option twice (# in a password: %23)")
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    user, password, path = map(_decoded, (user, password, parts.path.removeprefix("/")))
    return _Address(scheme, user, password, _hosts(scheme, hosts), path, options)


def _decoded(part: str) -> str:
    try:
        text = unquote(part, errors="strict")
    except UnicodeDecodeError:
        raise _Wrong("is UTF-8 where it is %-encoded") from None
    if not text.isprintable():
        raise _Wrong("holds no control characters")
    return text


_PORTS: Final = {"redis": 6379, "rediss": 6379, "kafka": 9092, "amqp": 5672, "amqps": 5671, "postgres": 5432}


def _hosts(scheme: str, text: str) -> list[tuple[str, int]]:
    if not text:
        return []
    found = []
    for each in text.split(","):
        match = _HOST.fullmatch(each)
        if match is None or not 0 < int(match["port"] or 1) < 65536:
            raise _Wrong("names hosts as host or host:port, and IPv6 addresses in []")
        found.append((match["six"] or match["name"], int(match["port"] or _PORTS.get(scheme, 0))))
    if len(found) > HOSTS_MAX:
        raise _Wrong(f"names at most {HOSTS_MAX} hosts")
    return found


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


# --- each bus -----------------------------------------------------------------------------------------------------
Made = tuple[str, dict[str, Any]]


def _memory(address: _Address, database: Mapping[str, Any]) -> Made:
    if address.hosts or address.user or address.password or address.path or address.options:
        raise _Wrong("takes nothing behind it")
    return "channels.layers.InMemoryChannelLayer", {"capacity": CAPACITY}


_REDIS: Final = "channels_redis.pubsub.RedisPubSubChannelLayer"
# redis-py 8 times idle sockets out after 5 s by default; the pub/sub reader must be left in peace.
_PATIENT: Final = {"socket_timeout": None, "socket_connect_timeout": CONNECT_WITHIN}


def _redis(address: _Address, database: Mapping[str, Any]) -> Made:
    tls = address.scheme == "rediss"
    address.only("sentinel", "sentinel_password", *(["cafile"] if tls else []))
    if not address.hosts:
        raise _Wrong("needs a host")
    if not re.fullmatch(r"[0-9]{0,4}", address.path):
        raise _Wrong("takes a database number behind the hosts")
    trust = {"ssl_ca_certs": address.options["cafile"]} if "cafile" in address.options else {}
    if "sentinel" in address.options:
        return _REDIS, {"hosts": [_sentinels(address, trust, tls)]}
    credentials = _credentials(address)
    hosts = [
        {
            "address": f"{address.scheme}://{credentials}{_joined(*host)}/{address.path or 0}",
            **trust,
            **_PATIENT,
        }
        for host in address.hosts
    ]
    return _REDIS, {"hosts": hosts}


def _sentinels(address: _Address, trust: dict[str, str], tls: bool) -> dict[str, Any]:
    """The hosts are Sentinels, who know where the primary is."""
    if not _TOPIC.fullmatch(address.options["sentinel"]):
        raise _Wrong("takes the primary's name as sentinel")
    secure = {"ssl": True, **trust} if tls else {}
    asking = {"password": address.options.get("sentinel_password"), "socket_timeout": CONNECT_WITHIN}
    return {
        "sentinels": address.hosts,
        "master_name": address.options["sentinel"],
        "sentinel_kwargs": asking | secure,
        "username": address.user or None,
        "password": address.password or None,
        "db": int(address.path or 0),
        **secure,
        **_PATIENT,
    }


def _credentials(address: _Address) -> str:
    if not address.user and not address.password:
        return ""
    return f"{quote(address.user, safe='')}:{quote(address.password, safe='')}@"


def _unix(address: _Address, database: Mapping[str, Any]) -> Made:
    address.only("db")
    if address.hosts or not address.path:
        raise _Wrong("needs a path, behind three slashes")
    number = address.number("db", 0, 0, 9999)
    place = f"unix://{_credentials(address)}/{quote(address.path)}?db={number}"
    return _REDIS, {"hosts": [{"address": place, **_PATIENT}]}


def _kafka(address: _Address, database: Mapping[str, Any]) -> Made:
    address.only("partitions", "sasl", "tls", "cafile")
    if not address.hosts or not _TOPIC.fullmatch(address.path):
        raise _Wrong("needs a broker and a topic (letters, digits, . _ -)")
    sasl = address.choice("sasl", SASL)
    if bool(sasl) != bool(address.user and address.password):
        raise _Wrong(f"takes user, password and sasl ({', '.join(SASL)}) together")
    tls = address.choice("tls", ("0", "1")) == "1" or "cafile" in address.options
    config: dict[str, Any] = {
        "hosts": [_joined(*host) for host in address.hosts],
        "topic": address.path,
        "partitions": address.number("partitions", PARTITIONS, 1, PARTITIONS_MAX),
        "capacity": CAPACITY,
    }
    if tls:
        config |= {"tls": True, "cafile": address.options.get("cafile")}
    if sasl:
        config |= {"username": address.user, "password": address.password, "mechanism": sasl}
    return "chat.layers.kafka.KafkaChannelLayer", config


def _amqp(address: _Address, database: Mapping[str, Any]) -> Made:
    address.only(*(["cafile"] if address.scheme == "amqps" else []))
    if len(address.hosts) != 1 or ":" in address.hosts[0][0]:
        raise _Wrong("needs one host by name or IPv4 address (a name may stand for a whole cluster)")
    if (
        not re.fullmatch(r"[^:/?#\[\]]*:[^/?#\[\]]*", who := f"{address.user}:{address.password}")
        or not who.isascii()
    ):
        # carehare, below the layer, does not decode what is %-encoded there.
        raise _Wrong("takes ASCII without / ? # [ ] for user and password, and no : in the user")
    credentials = f"{address.user}:{address.password}@" if address.user else ""
    if address.password and not address.user:
        raise _Wrong("needs a user with the password")
    vhost = f"/{quote(address.path, safe='')}" if address.path else ""
    host, port = address.hosts[0]
    config = {
        "host": f"{address.scheme}://{credentials}{host}:{port}{vhost}",
        "capacity": CAPACITY,
        "cafile": address.options.get("cafile"),
    }
    return "chat.layers.rabbitmq.RabbitmqChannelLayer", config


def _postgres(address: _Address, database: Mapping[str, Any]) -> Made:
    address.only("sslmode", "sslrootcert")
    mode = address.choice("sslmode", SSL_MODES)
    if address.hosts and address.path:
        host, port = ",".join(h for h, _ in address.hosts), ",".join(str(p) for _, p in address.hosts)
        where = {"host": host, "port": port, "dbname": address.path}
        who = {"user": address.user or None, "password": address.password or None}
    elif address.hosts or address.path or address.user or address.password:
        raise _Wrong("needs a host and a database, or neither")
    else:
        where = {"host": database["HOST"], "port": database["PORT"], "dbname": database["NAME"]}
        who = {"user": database["USER"], "password": database["PASSWORD"]}
    given = {**where, **who, "sslmode": mode, "sslrootcert": address.options.get("sslrootcert")}
    conninfo = make_conninfo(**{key: value for key, value in given.items() if value})
    return "chat.layers.postgres.PostgresChannelLayer", {"conninfo": conninfo, "capacity": CAPACITY}


_MAKERS: Final[dict[str, Callable[[_Address, Mapping[str, Any]], Made]]] = {
    "memory": _memory,
    "redis": _redis,
    "rediss": _redis,
    "unix": _unix,
    "kafka": _kafka,
    "amqp": _amqp,
    "amqps": _amqp,
    "postgres": _postgres,
}
