"""Where a host is paid back. The account is sealed (orders/sealing.py): nothing of it stands here in the open."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class PayAccount(models.Model):
    """One per person, for all that they host. Read and changed through orders/pay_accounts.py only."""

    user = models.OneToOneField(
        User, models.CASCADE, primary_key=True, related_name="pay_account", verbose_name=_("person")
    )
    sealed = models.TextField(editable=False)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("pay account")
        verbose_name_plural = _("pay accounts")

    def __str__(self) -> str:
        return f"{self.user_id}"
