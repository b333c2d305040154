"""What waits for one connection is bounded, and its overflow is lag, not growth."""

import asyncio

from chat.realtime.frame import Frame
from chat.realtime.outbox import FRAMES_MAX, AsgiOutbox


def frame(text: str) -> Frame:
    return Frame(text.encode())


class Line:
    """A connection that writes only while `gate` is open."""

    def __init__(self) -> None:
        self.gate, self.written = asyncio.Event(), []
        self.drained, self.ended = asyncio.Event(), asyncio.Event()
        self.outbox = AsgiOutbox(self._send, self.drained.set)
        self.task = asyncio.create_task(self.outbox.run())

    async def _send(self, frame: str) -> None:
        await self.gate.wait()
        self.written.append(frame)
        if frame == "end":
            self.ended.set()


async def test_frames_go_out_in_order() -> None:
    line = Line()
    line.gate.set()
    for n in range(10):
        assert line.outbox.offer(frame(str(n)))
    line.outbox.reply(frame("end"))
    await line.ended.wait()
    assert line.written == [*map(str, range(10)), "end"]
    assert not line.drained.is_set()
    line.task.cancel()


async def test_a_full_outbox_refuses_timeline_frames_until_it_has_drained() -> None:
    line = Line()
    offered = [line.outbox.offer(frame(str(n))) for n in range(FRAMES_MAX + 10)]
    assert offered == [True] * FRAMES_MAX + [False] * 10
    assert line.outbox.reply(frame("ack")), "answers still find room"
    line.gate.set()
    await line.drained.wait()
    assert line.written == [*map(str, range(FRAMES_MAX)), "ack"]
    assert line.outbox.offer(frame("again"))
    line.task.cancel()


async def test_hints_are_shed_first() -> None:
    line = Line()
    for _ in range(FRAMES_MAX // 2):
        line.outbox.hint(frame("typing"))
    line.outbox.hint(frame("one too many"))
    assert line.outbox.shed == 1
    assert line.outbox.offer(frame("entry"))
    line.task.cancel()
