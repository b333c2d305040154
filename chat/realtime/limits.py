"""Every limit of the protocol and the name of its overflow, in one table (docs/protocol.md prints it)."""

from typing import Final, NamedTuple

BODY_CODE_POINTS: Final = 4_000
BODY_BYTES: Final = 16 * 1024
FRAME_BYTES: Final = 64 * 1024
CID_MAX: Final = 64
HISTORY_PAGE: Final = 100
ROOMS_PER_SOCKET: Final = 200
REQUESTS_IN_FLIGHT: Final = 256
RESUME_MAX: Final = 1_000
RESUME_BYTES: Final = 1_000_000
FRAME_OUT_BYTES: Final = 256 * 1024
FRAMES_PER_SECOND: Final = 50
SOCKETS_PER_PERSON: Final = 128
FRAMES_BURST: Final = 400


class Limit(NamedTuple):
    """`value` in `unit`; what exceeds it is refused with `code`."""

    value: int
    unit: str
    code: str
    retry: bool


LIMITS: Final[dict[str, Limit]] = {
    "body_code_points": Limit(BODY_CODE_POINTS, "code points of a text", "BODY_TOO_LONG", False),
    "body_bytes": Limit(BODY_BYTES, "bytes of a text in UTF-8", "BODY_TOO_LONG", False),
    "frame_bytes": Limit(FRAME_BYTES, "bytes of a frame from the client", "FRAME_TOO_LONG", False),
    "cid": Limit(CID_MAX, "printable ASCII characters of a cid", "BAD_FRAME", False),
    "history_page": Limit(HISTORY_PAGE, "entries of a history page", "BAD_FRAME", False),
    "rooms_per_socket": Limit(ROOMS_PER_SOCKET, "rooms subscribed by one socket", "TOO_MANY_ROOMS", False),
    "requests_in_flight": Limit(
        REQUESTS_IN_FLIGHT, "joins, pages and changes asked and not yet answered", "TOO_FAST", True
    ),
    "frames_per_second": Limit(
        FRAMES_PER_SECOND, "frames a second from one socket, 400 at once", "4429", True
    ),
    "sockets_per_person": Limit(SOCKETS_PER_PERSON, "sockets of one person on one worker", "4429", True),
    "resume_bytes": Limit(RESUME_BYTES, "bytes of missed entries that a resume replays", "RESYNC", True),
    "resume": Limit(RESUME_MAX, "missed entries that a resume replays; beyond it `resync`", "RESYNC", True),
}
