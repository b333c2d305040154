from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        # Checks, receivers and the kinds are not used here, they register by being imported.
        from chat import (  # noqa: F401
            checks,
            live,
            receivers,
            room_kinds,
            timeline,
            topic_kinds,
        )

        timeline.on_announce(live.announce)
