"""What a connection sent is bounded, and its flood does not starve others."""

import asyncio

from chat.serving.intake import HIGH, LOW, TURN, Intake


async def test_reading_pauses_at_the_bound_and_goes_on_when_taken() -> None:
    calls: list[str] = []
    intake = Intake(lambda: calls.append("pause"), lambda: calls.append("resume"))
    for n in range(HIGH + 5):
        intake.put_nowait({"n": n})
    assert calls == ["pause"]
    taken = [(await intake.get())["n"] for _ in range(HIGH + 5 - LOW)]
    assert calls == ["pause", "resume"]
    taken += [(await intake.get())["n"] for _ in range(LOW)]
    assert taken == list(range(HIGH + 5))


async def test_a_flood_lets_others_have_their_turn() -> None:
    intake = Intake(lambda: None, lambda: None)
    for n in range(4 * TURN):
        intake.put_nowait({"n": n})
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    for _ in range(4 * TURN):
        await intake.get()
    task.cancel()
    assert turns >= 3
