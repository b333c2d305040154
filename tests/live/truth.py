"""What the database says, to compare with what clients saw."""

from typing import Any

from chat.models import Entry


def timeline_state(room_id: int) -> dict[int, tuple[int, dict[str, Any]]]:
    """Every entry's rev and data by number."""
    return {
        seq: (rev, data)
        for seq, rev, data in Entry.objects.filter(room_id=room_id).values_list("seq", "rev", "data")
    }
