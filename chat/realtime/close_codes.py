"""WebSocket close codes (RFC 6455 section 7.4; 4000 to 4999 are ours) and whether a client should come back."""

from typing import Final

BAD_FRAME: Final = 4400  # no: the client is broken
SIGN_IN: Final = 4401  # no: sign in first
NOT_ALLOWED: Final = 4403  # no
SLOW: Final = 4408  # yes, after a pause: it did not read fast enough
TOO_FAST: Final = 4429  # yes, after a pause: it wrote too fast, or has too many connections
RESTART: Final = 1012  # yes, soon: the worker is being replaced
TRY_LATER: Final = (
    4503  # yes, soon: the database is away (1012 is not for an application to send: RFC 6455, autobahn)
)
