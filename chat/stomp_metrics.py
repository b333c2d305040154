"""What STOMP clients of this process have done."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class StompMetrics:
    """Counts since the process began. `errors`: ERROR frames by code, of which there are few."""

    connected: int = 0
    acks: int = 0
    nacks: int = 0
    errors: Counter[str] = field(default_factory=Counter)
