"""What `check --deploy` says of settings that would fail in silence."""

from typing import Any

import pytest

from chat.checks import check_bus


@pytest.mark.parametrize(
    ("backend", "ids"),
    [
        ("channels.layers.InMemoryChannelLayer", ["chat.W002"]),
        ("channels_redis.pubsub.RedisPubSubChannelLayer", []),
        ("chat.layers.postgres.PostgresChannelLayer", []),
    ],
)
def test_a_forgotten_bus_is_told(settings: Any, backend: str, ids: list[str]) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend}}
    assert [message.id for message in check_bus(None)] == ids
