"""How each system under test is spoken to, and what its frames say was delivered.

Every message carries its identity in its text, `<sender>:<number>:…`, so that the check does not trust the system.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import ClassVar, NamedTuple

Identity = tuple[int, int]  # sender, number
PADDING = "가나다라 마바사 " * 5  # makes a delivered message of about 200 bytes


class Delivered(NamedTuple):
    """What one frame delivers. `first` to `last` are the numbers in `stream`; `ordered`: they are consecutive."""

    stream: Hashable
    first: int
    last: int
    ordered: bool
    identities: list[Identity]


class Answered(NamedTuple):
    """What a sender hears of one message: its number `seq`, 0 where there are none; or with `code` that it was refused
    and nothing will be delivered, and with `retry` that the same may be taken later."""

    identity: Identity
    seq: int = 0
    code: str = ""
    retry: bool = False


class Reload(NamedTuple):
    """The member is told plainly that it is too far behind in `stream`: it has left it and must enter again."""

    stream: Hashable


class Dialect(ABC):
    """One system's protocol. Where the members of a room get the same bytes, a frame is looked into once.

    `subprotocol`: offered in the handshake. `binary`: frames are binary, else text. `ping` is answered with `pong`
    where the protocol has such frames of its own.
    """

    subprotocol: ClassVar[str] = ""
    binary: ClassVar[bool] = False
    ping: ClassVar[bytes | None] = None
    pong: ClassVar[bytes] = b""

    @abstractmethod
    def path(self, room: str) -> str:
        """Where the WebSocket is."""

    @abstractmethod
    def on_open(self, room: str) -> bytes | None:
        """What to say once the WebSocket stands; None: one is in. Empty: the server speaks first."""

    @abstractmethod
    def entered(self, room: str, payload: bytes) -> int | bytes | None:
        """The room's last number if this frame says that we are in; what to say to it; None to go on waiting.

        ValueError for a refusal.
        """

    @abstractmethod
    def message(self, room: str, identity: Identity) -> bytes:
        """The frame that sends one."""

    @abstractmethod
    def read(self, payload: bytes) -> Delivered | Answered | Reload | None:
        """The messages in a frame, the answer to one, or that it must enter again; None for others.

        ValueError for any other refusal."""


def text_of(identity: Identity) -> str:
    """A message's text."""
    sender, number = identity
    return f"{sender}:{number}:{PADDING}"


def identity_of(text: str) -> Identity:
    """Whose message this text is, and which of theirs."""
    sender, number, _ = text.split(":", 2)
    return int(sender), int(number)


def by_sender(identity: Identity) -> Delivered:
    """One message of a system that numbers nothing: the order is checked per sender, less than one order for all."""
    return Delivered(identity[0], identity[1], identity[1], True, [identity])
