"""STOMP frames, from and to bytes: versions 1.0, 1.1 and 1.2 (stomp.github.io). Pure: no clock, no loop, no socket.

Sections named are those of the STOMP 1.2 specification unless a version stands before them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, NamedTuple

HEADERS_MAX: Final = 64  # of one frame: HEADERS_TOO_MANY
LINE_MAX: Final = 4 * 1024  # bytes of the command or of one header: HEADER_TOO_LONG
BODY_MAX: Final = 64 * 1024  # bytes: FRAME_TOO_LONG

WITH_BODY: Final = frozenset({"SEND", "MESSAGE", "ERROR"})  # section "Body": the others must not have one
_UNESCAPED: Final = frozenset({"CONNECT", "STOMP", "CONNECTED"})  # section "Value Encoding"


class Version(Enum):
    """`value` is its name on the wire."""

    V1_0 = "1.0"
    V1_1 = "1.1"
    V1_2 = "1.2"


class StompFrame(NamedTuple):
    """One frame. `headers` holds the first of each name (section "Repeated Header Entries")."""

    command: str
    headers: Mapping[str, str]
    body: bytes = b""


class FrameError(Exception):
    """The bytes are no frame, or one beyond a limit; what follows cannot be read any longer."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


# --- escaping: section "Value Encoding"; 1.1 knows no \r, 1.0 no escapes at all ----------------------------------

_ESCAPES: Final[Mapping[Version, Mapping[str, str]]] = MappingProxyType(
    {
        Version.V1_0: {},
        Version.V1_1: {"\\": "\\\\", "\n": "\\n", ":": "\\c"},
        Version.V1_2: {"\\": "\\\\", "\n": "\\n", ":": "\\c", "\r": "\\r"},
    }
)
_TABLES: Final = {version: str.maketrans(dict(escapes)) for version, escapes in _ESCAPES.items()}
_MEANINGS: Final = {
    version: {escape: plain for plain, escape in escapes.items()} for version, escapes in _ESCAPES.items()
}
_ESCAPE: Final = re.compile(r"\\.?", re.DOTALL)
_BREAKS: Final = str.maketrans("\r\n", "  ")


def escape(text: str, version: Version) -> str:
    """As it stands in a header. What 1.0 cannot say, a line break, becomes a space: it would be another header."""
    return text.translate(_BREAKS) if version is Version.V1_0 else text.translate(_TABLES[version])


def unescape(text: str, version: Version) -> str:
    """FrameError for an escape that the version does not define ("MUST be treated as a fatal protocol error")."""
    if version is Version.V1_0 or "\\" not in text:
        return text
    meanings = _MEANINGS[version]
    try:
        return _ESCAPE.sub(lambda found: meanings[found[0]], text)
    except KeyError as unknown:
        raise FrameError("BAD_FRAME", f"STOMP {version.value} has no escape {unknown.args[0]!a}.") from None


# --- to bytes -----------------------------------------------------------------------------------------------------


def header_lines(headers: Iterable[tuple[str, str]], version: Version) -> bytes:
    """Header lines, each with its line feed."""
    lines = [f"{escape(name, version)}:{escape(value, version)}\n" for name, value in headers]
    return "".join(lines).encode()


def encode(
    command: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b"", version: Version = Version.V1_2
) -> bytes:
    """A frame; with a body it says its content-length, so that NUL may stand in it."""
    lines = header_lines(headers, Version.V1_0 if command in _UNESCAPED else version)
    length = b"content-length:%d\n" % len(body) if body else b""
    return b"%b\n%b%b\n%b\0" % (command.encode(), lines, length, body)


# --- from bytes ---------------------------------------------------------------------------------------------------


class Decoder:
    """Cuts a stream of bytes, however it is split, into frames. Keeps at most one unfinished frame and what it was last
    fed; heart-beats (line ends between frames, section "Heart-beating") leave nothing behind.

    `version` rules escapes and line ends of all frames but CONNECT; set it as soon as CONNECT has been read.
    """

    def __init__(self) -> None:
        self.version = Version.V1_2
        self._negotiated = False
        self._buffer = bytearray()
        self._at = 0  # everything before it has been taken
        self._scanned = 0  # no end was found before it
        self._command = ""
        self._headers: dict[str, str] = {}
        self._lines = 0
        self._length: int | None = None
        self._in_body = False

    def negotiated(self, version: Version) -> None:
        """From the next frame on."""
        self.version, self._negotiated = version, True

    @property
    def kept(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._buffer)

    def feed(self, data: bytes) -> Iterator[StompFrame]:
        """The frames that are whole now, in order; FrameError, after those before it, for what is none. Consume it
        all before feeding more."""
        self._buffer += data
        while (frame := self._next()) is not None:
            yield frame
        del self._buffer[: self._at]
        self._scanned -= self._at
        self._at = 0

    def _next(self) -> StompFrame | None:
        if not self._in_body and not self._read_head():
            return None
        body = self._read_body()
        if body is None:
            return None
        frame = StompFrame(self._command, self._headers, body)
        self._command, self._headers, self._lines = "", {}, 0
        self._length, self._in_body = None, False
        if body and frame.command not in WITH_BODY:
            raise FrameError("BAD_FRAME", "Only SEND, MESSAGE and ERROR have a body.")
        return frame

    def _read_head(self) -> bool:
        """Whether the empty line behind the headers has been reached."""
        while (line := self._line()) is not None:
            if line:
                self._take_line(line)
            elif self._command:
                self._in_body = True
                self._length = self._content_length()
                return True
        return False

    def _line(self) -> bytes | None:
        """The next line without its end (section "Augmented BNF": in 1.2 CR may stand before LF)."""
        end = self._buffer.find(b"\n", self._scanned)
        if (len(self._buffer) if end < 0 else end) - self._at > LINE_MAX:
            raise FrameError("HEADER_TOO_LONG", f"A header has at most {LINE_MAX} bytes.")
        if end < 0:
            self._scanned = len(self._buffer)
            return None
        line = bytes(self._buffer[self._at : end])
        self._at = self._scanned = end + 1
        return line.removesuffix(b"\r") if self.version is Version.V1_2 or not self._negotiated else line

    def _take_line(self, line: bytes) -> None:
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise FrameError("BAD_FRAME", "Commands and headers are UTF-8.") from None
        if "\0" in text:
            raise FrameError("BAD_FRAME", "A frame ends before its empty line, or a header contains NUL.")
        if not self._command:
            self._command = text
            return
        self._lines += 1
        if self._lines > HEADERS_MAX:
            raise FrameError("HEADERS_TOO_MANY", f"A frame has at most {HEADERS_MAX} headers.")
        name, colon, value = text.partition(":")
        if not colon or not name:
            raise FrameError("BAD_FRAME", "A header is a name, a colon and a value.")
        if self._command not in _UNESCAPED:
            name, value = self._plain(name), self._plain(value)
        self._headers.setdefault(name, value)

    def _plain(self, text: str) -> str:
        """1.0's examples put a space behind the colon, and its servers strip it."""
        return text.strip(" ") if self.version is Version.V1_0 else unescape(text, self.version)

    def _content_length(self) -> int | None:
        said = self._headers.get("content-length")
        if said is None:
            return None
        said = said.strip(" ")
        if not (said.isascii() and said.isdecimal()):
            raise FrameError("BAD_FRAME", "content-length is a number of bytes.")
        if len(said) > 9 or int(said) > BODY_MAX:
            raise _too_long()
        return int(said)

    def _read_body(self) -> bytes | None:
        if self._length is None:
            end = self._buffer.find(b"\0", max(self._scanned, self._at))
            if (len(self._buffer) if end < 0 else end) - self._at > BODY_MAX:
                raise _too_long()
            if end < 0:
                self._scanned = len(self._buffer)
                return None
        else:
            end = self._at + self._length
            if len(self._buffer) <= end:
                return None
            if self._buffer[end] != 0:
                raise FrameError("BAD_FRAME", "There is no NUL where content-length says that the body ends.")
        body = bytes(self._buffer[self._at : end])
        self._at = self._scanned = end + 1
        return body


def _too_long() -> FrameError:
    return FrameError("FRAME_TOO_LONG", f"A body has at most {BODY_MAX} bytes.")
