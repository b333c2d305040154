from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat import checks, live, receivers, room_kinds, timeline  # noqa: F401  some register by import

        timeline.on_announce(live.announce)
