"""BUS_URL: what each form comes to, and that a wrong one gets a sentence with the variable's name and no secret."""

from typing import Any
from urllib.parse import quote, urlparse

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict
from redis.connection import parse_url

from chat.layers.kafka import KafkaChannelLayer
from config.bus_url import FORMS, channel_layer

DATABASE = {"HOST": "db", "PORT": "5433", "NAME": "rualone", "USER": "짱구", "PASSWORD": "it's a 'secret'"}
SECRET = "Zq9secret"


def config(value: str) -> dict[str, Any]:
    return dict(channel_layer("BUS_URL", value, DATABASE)["CONFIG"])


def backend(value: str) -> str:
    return str(channel_layer("BUS_URL", value, DATABASE)["BACKEND"])


def refusal(value: str) -> str:
    """What is said of it; empty if it is taken."""
    try:
        made = channel_layer("BUS_URL", value, DATABASE)
    except ImproperlyConfigured as error:
        shown = error.__context__ is None or error.__suppress_context__
        return str(error) if shown else f"also shows {error.__context__}"
    return "" if made.keys() == {"BACKEND", "CONFIG"} else "not a layer"


# --- every form -----------------------------------------------------------------------------------------------
def test_each_scheme_picks_its_layer() -> None:
    assert backend("memory://") == "channels.layers.InMemoryChannelLayer"
    for value in ("redis://h", "rediss://h", "unix:///run/redis.sock", "REDIS://h"):
        assert backend(value) == "channels_redis.pubsub.RedisPubSubChannelLayer"
    assert backend("kafka://h/t") == "chat.layers.kafka.KafkaChannelLayer"
    assert backend("amqp://h") == backend("amqps://h") == "chat.layers.rabbitmq.RabbitmqChannelLayer"
    for value in ("postgres://", "postgresql://", "postgres://u:p@h/d"):
        assert backend(value) == "chat.layers.postgres.PostgresChannelLayer"


def test_several_redis_hosts_are_shards_with_the_same_user_and_database() -> None:
    hosts = config("redis://me:p%40ss@one,two:7000,[::1]:7001/3")["hosts"]
    assert [each["address"] for each in hosts] == [
        "redis://me:p%40ss@one:6379/3",
        "redis://me:p%40ss@two:7000/3",
        "redis://me:p%40ss@[::1]:7001/3",
    ]
    assert all(each["socket_timeout"] is None and each["socket_connect_timeout"] == 2 for each in hosts)


def test_tls_of_redis_trusts_the_file_that_is_named() -> None:
    (host,) = config("rediss://h?cafile=/etc/ca.pem")["hosts"]
    assert (host["address"], host["ssl_ca_certs"]) == ("rediss://h:6379/0", "/etc/ca.pem")


def test_with_a_sentinel_name_the_hosts_are_sentinels() -> None:
    (host,) = config("redis://:p@s1:26379,s2:26379/1?sentinel=mymaster&sentinel_password=q")["hosts"]
    assert host["sentinels"] == [("s1", 26379), ("s2", 26379)]
    assert (host["master_name"], host["password"], host["db"]) == ("mymaster", "p", 1)
    assert host["sentinel_kwargs"]["password"] == "q"


def test_kafka_takes_brokers_a_topic_and_a_fixed_number_of_partitions() -> None:
    plain = config("kafka://b1,b2:9093/chat.bus")
    assert (plain["hosts"], plain["topic"], plain["partitions"]) == (["b1:9092", "b2:9093"], "chat.bus", 64)
    assert not plain.keys() & {"tls", "username"}
    safe = config("kafka://me:secret@b/t?partitions=8&sasl=SCRAM-SHA-512&tls=1&cafile=/ca.pem")
    assert safe["partitions"] == 8
    assert (safe["tls"], safe["cafile"]) == (True, "/ca.pem")
    assert (safe["username"], safe["password"], safe["mechanism"]) == ("me", "secret", "SCRAM-SHA-512")
    KafkaChannelLayer(**plain)  # it knows every one of these options
    assert KafkaChannelLayer(**{**safe, "cafile": None}).options.client()["security_protocol"] == "SASL_SSL"
    assert config("kafka://b/t?tls=1")["tls"] is True


@pytest.mark.parametrize(
    "value",
    [
        "memory://",
        "redis://:p@h1,h2/3",
        "redis://:p@s1:26379,s2:26379/1?sentinel=mymaster&sentinel_password=q",
        "rediss://h",
        "unix:///run/redis.sock?db=2",
        "kafka://b1,b2:9093/chat?partitions=8",
        "kafka://me:secret@b/t?sasl=PLAIN&tls=1",
        "amqp://me:pw@h/vhost",
        "amqps://me:pw@h:5673",
        "postgres://",
        "postgres://u:p@h/d?sslmode=require",
    ],
)
async def test_what_is_made_is_what_the_layer_takes(value: str) -> None:
    made = channel_layer("BUS_URL", value, DATABASE)
    layer = import_string(made["BACKEND"])(**made["CONFIG"])
    assert {"groups", "flush"} <= set(layer.extensions)


def test_an_empty_postgres_address_is_the_apps_own_database() -> None:
    own = conninfo_to_dict(config("postgres://")["conninfo"])
    assert own == {
        "host": "db", "port": "5433", "dbname": "rualone", "user": "짱구", "password": "it's a 'secret'",
    }  # fmt: skip
    other = conninfo_to_dict(config("postgres://me:p%2F@h1,h2:5433/bus?sslmode=verify-full")["conninfo"])
    assert other == {
        "host": "h1,h2", "port": "5432,5433", "dbname": "bus", "user": "me", "password": "p/", "sslmode": "verify-full",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "must start with"),
        ("localhost:6379", "must start with"),
        ("http://h", "must start with"),
        ("memory://h", "takes nothing behind it"),
        ("redis://", "needs a host"),
        ("redis://h:0", "host:port"),
        ("redis://h:99999", "host:port"),
        ("redis://h/zero", "database number"),
        ("redis://h?cafile=/x", "takes the options"),
        ("redis://h?sentinel=a&sentinel=b", "no option twice"),
        ("redis://h one", "without blanks"),
        ("redis://h/0#x", "no #"),
        ("redis://[::1", "cannot be read"),
        ("unix://relative/path", "three slashes"),
        ("kafka://b", "a broker and a topic"),
        ("kafka://b/t?partitions=0", "partitions from 1 to 1024"),
        ("kafka://b/t?partitions=many", "partitions from 1 to 1024"),
        ("kafka://me:pw@b/t", "together"),
        ("kafka://b/t?sasl=PLAIN", "together"),
        ("kafka://b/t?sasl=GSSAPI", "as one of"),
        ("amqp://h1,h2", "one host"),
        ("amqp://me:p%2Fw@h", "takes ASCII without"),
        ("amqp://:pw@h", "needs a user"),
        ("postgres://h", "a host and a database, or neither"),
        ("postgres://h/d?sslmode=please", "as one of"),
        ("postgres://h/d%00", "control characters"),
        ("redis://:%ff@h", "UTF-8"),
        ("redis://" + ",".join(["h"] * 33), "at most 32"),
    ],
)
def test_what_is_wrong_is_said_with_the_variables_name_and_what_it_looks_like(value: str, words: str) -> None:
    said = refusal(value)
    assert said.startswith("BUS_URL")
    assert words in said
    assert said.endswith(".")
    assert "\n" not in said


# --- fuzz -----------------------------------------------------------------------------------------------------
anything = st.one_of(
    st.text(max_size=80),
    st.builds(
        lambda scheme, rest: f"{scheme}://{rest}", st.sampled_from(sorted(FORMS)), st.text(max_size=80)
    ),
    st.builds(
        "{}://{}:{}@{}/{}?{}".format,
        st.sampled_from(sorted(FORMS)),
        *[st.text(alphabet="aZ0:@/?#[]%,.-_=&한 \n\x00", max_size=12)] * 5,
    ),
)


@given(anything)
@example("postgres://@/")
@example("redis://[::1]]")
@example("redis://%00@h")
def test_whatever_stands_there_gives_a_layer_or_one_sentence(value: str) -> None:
    said = refusal(value)
    assert said == "" or (said.startswith("BUS_URL") and "\n" not in said)


@given(
    st.sampled_from(sorted(FORMS)),
    st.text(alphabet="a:@/?#[]%,=&", max_size=6),
    st.text("b/?#@=&", max_size=12),
)
@example("redis", "p?", "@h")
@example("amqp", "/", "@h")
def test_a_refusal_never_shows_a_password_however_badly_it_is_written(
    scheme: str, odd: str, rest: str
) -> None:
    for value in (
        f"{scheme}://me:{SECRET}{odd}{rest}",
        f"{scheme}{SECRET}://{odd}{rest}",
        f"{SECRET}://{rest}",
    ):
        assert SECRET not in refusal(value)


printable = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)


@given(printable, printable)
def test_a_password_arrives_as_it_was_whatever_is_in_it(user: str, password: str) -> None:
    who = f"{quote(user, safe='')}:{quote(password, safe='')}"
    redis = parse_url(config(f"redis://{who}@h")["hosts"][0]["address"])
    assert (redis["username"], redis["password"], redis["host"]) == (user, password, "h")
    kafka = config(f"kafka://{who}@b/t?sasl=PLAIN")
    assert (kafka["username"], kafka["password"]) == (user, password)
    postgres = conninfo_to_dict(config(f"postgres://{who}@h/d")["conninfo"])
    assert (postgres["user"], postgres["password"]) == (user, password)
    try:
        rabbit = urlparse(config(f"amqp://{who}@h")["host"])  # as carehare takes it apart
    except ImproperlyConfigured:
        assert set(user + password) & set("/?#[]:") or not (user + password).isascii()
    else:
        assert (rabbit.username, rabbit.password, rabbit.hostname) == (user, password, "h")
