from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat import (  # noqa: F401  some register by import
            checks,
            live,
            receivers,
            room_kinds,
            timeline,
            topic_kinds,
        )

        timeline.on_announce(live.announce)
