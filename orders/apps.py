from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from orders import (  # noqa: F401  they register by import
            cards,
            checks,
            kinds,
            money_kinds,
            money_receivers,
            notifications,
            poll_kinds,
            receivers,
            reports,
        )
        from orders.views import poll_cards  # noqa: F401  it registers, too
        from orders.views.pay import cards as money_cards  # noqa: F401  and so do these
