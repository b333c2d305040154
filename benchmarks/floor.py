"""`python -m benchmarks.floor PORT`: passes messages on and does nothing else, to find what the generator can take.

It speaks `rualone.v1` without accounts, storage, checks or acknowledgements: what came in during one turn of its loop
goes out as one frame per room, the same bytes to every member.
"""

import json
import selectors
import socket
import sys
import time
from collections import defaultdict
from typing import Any

import msgspec

from benchmarks import websocket

_SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
_decode = msgspec.json.Decoder().decode
PACE = 0.015  # seconds between two frames of a room


class Guest:
    """One connection."""

    def __init__(self, link: socket.socket) -> None:
        self.link, self.room = link, ""
        self.head: bytes | None = b""
        self.rest = b""


def main(port: int) -> None:
    selector = selectors.DefaultSelector()
    door = socket.create_server(("127.0.0.1", port), backlog=128)
    selector.register(door, selectors.EVENT_READ)
    rooms: defaultdict[str, list[Guest]] = defaultdict(list)
    heads: defaultdict[str, int] = defaultdict(int)
    waiting: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    flushed = 0.0
    while True:
        for key, _ in selector.select(max(flushed + PACE - time.monotonic(), 0) if waiting else None):
            if key.data is None:
                link, _ = door.accept()
                selector.register(link, selectors.EVENT_READ, Guest(link))
                continue
            guest: Guest = key.data
            data = guest.link.recv(1 << 16)
            if not data:
                selector.unregister(guest.link)
                if guest.room:
                    rooms[guest.room].remove(guest)
                continue
            if guest.head is not None:
                guest.head += data
                if b"\r\n\r\n" not in guest.head:
                    continue
                guest.head = None
                guest.link.sendall(_SWITCH)
                continue
            for frame in unmask(guest, data):
                if frame["type"] == "join":
                    guest.room = frame["room"]
                    rooms[guest.room].append(guest)
                    joined = json.dumps({"type": "joined", "head": heads[guest.room]}, separators=(",", ":"))
                    guest.link.sendall(websocket.unmasked(joined.encode()))
                else:
                    waiting[guest.room].append(frame)
        if waiting and time.monotonic() - flushed >= PACE:
            for room, frames in waiting.items():
                send(rooms[room], room, heads, frames)
            waiting.clear()
            flushed = time.monotonic()


def unmask(guest: Guest, data: bytes) -> list[dict[str, Any]]:
    """The JSON of whole frames; our generator masks with zeros."""
    data = guest.rest + data
    place, found = 0, []
    while len(data) - place >= 8:
        size, start = data[place + 1] & 127, place + 6
        if size == 126:
            size, start = int.from_bytes(data[place + 2 : place + 4]), place + 8
        if start + size > len(data):
            break
        found.append(_decode(data[start : start + size]))
        place = start + size
    guest.rest = data[place:]
    return found


def send(guests: list[Guest], room: str, heads: dict[str, int], frames: list[dict[str, Any]]) -> None:
    """One `entries` frame to all members."""
    items = []
    for frame in frames:
        heads[room] += 1
        items.append(
            {"seq": heads[room], "kind": "text", "sender": 1, "cid": frame["cid"], "at": "2026-01-01T00:00:00.000Z",
             "n": heads[room], "data": {"body": frame["body"]}}
        )  # fmt: skip
    payload = websocket.unmasked(
        msgspec.json.encode({"type": "entries", "room": room, "items": items, "people": {}})
    )
    for guest in guests:
        guest.link.sendall(payload)


if __name__ == "__main__":
    main(int(sys.argv[1]))
