"""The record of what operators do."""

from django.db.models import Model

from accounts.models import REASON_MAX, AuditEntry, User


def note(*, operator: User, action: str, subject: Model, reason: str) -> AuditEntry:
    """Write down what the operator does, in the transaction that does it: no deed without its record."""
    return AuditEntry.objects.create(
        operator=operator,
        action=action,
        model=subject._meta.label_lower,
        object_id=subject.pk,
        label=str(subject)[:120],
        reason=reason[:REASON_MAX],
    )
