"""What a connection sent is bounded, and its flood does not starve others."""

import asyncio

import pytest

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


async def test_one_who_rests_is_not_read_until_the_rest_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.serving.intake.REST", 0.01)
    read_on = asyncio.Event()
    calls: list[str] = []

    def resume() -> None:
        calls.append("resume")
        read_on.set()

    intake = Intake(lambda: calls.append("pause"), resume)
    intake.rest()
    intake.rest()
    assert (calls, intake.resting) == (["pause"], True)
    await read_on.wait()
    assert (calls, intake.resting) == (["pause", "resume"], False)


async def test_a_queue_that_empties_during_a_rest_waits_for_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.serving.intake.REST", 0.01)
    read_on = asyncio.Event()
    intake = Intake(lambda: None, read_on.set)
    for n in range(HIGH):
        intake.put_nowait({"n": n})
    intake.rest()
    for _ in range(HIGH):
        await intake.get()
    assert not read_on.is_set()
    await read_on.wait()


async def test_a_rest_that_ends_before_the_queue_is_taken_waits_for_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chat.serving.intake.REST", 0.0)
    calls: list[str] = []
    intake = Intake(lambda: None, lambda: calls.append("resume"))
    intake.rest()
    for n in range(HIGH):
        intake.put_nowait({"n": n})
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(0.001, over.set)
    await over.wait()
    assert (calls, intake.resting) == ([], False)
    for _ in range(HIGH - LOW):
        await intake.get()
    assert calls == ["resume"]
