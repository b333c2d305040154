from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from orders import cards, checks, kinds, notifications, poll_kinds, receivers, reports  # noqa: F401  they register by import
