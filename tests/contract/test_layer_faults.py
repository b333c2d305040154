"""What each layer does when its server is restarted, frozen or black-holed under traffic; tests/contract/beds.py says
what it promises, and the figures are printed for docs/buses.md."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.beds import Bed
from tests.contract.traffic import Figures, Traffic

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

LASTS = 4.0  # seconds that a freeze or a black hole lasts


@pytest.mark.parametrize("fault", ["restarted", "frozen", "black-holed"])
async def test_what_a_fault_costs(
    bed: Bed, fault: str, make: Callable[..., Any], report: Callable[[Figures], None]
) -> None:
    if fault not in bed.faults:
        pytest.skip(f"{bed.name} has no server")
    promise = bed.faults[fault]
    sender, receiver = make(), make(proxied=fault == "black-holed")
    traffic = await _running(sender, receiver, f"fault.{fault}")
    await asyncio.to_thread(bed.begin, fault)
    if fault != "restarted":
        await asyncio.sleep(LASTS)  # how long the fault lasts
    await asyncio.to_thread(bed.end, fault)
    recovered = await traffic.flowing_since(time.monotonic(), within=promise.within)
    await traffic.finish()
    figures = traffic.figures(bed.name, fault, recovered)
    report(figures)
    assert (recovered is not None) == promise.recovers, figures
    assert figures.repeated == figures.out_of_order == 0, figures
    assert figures.longest_send < promise.blocks, figures
    assert not promise.lossless or figures.lost == 0, figures
    if not promise.recovers:
        await _a_new_instance_works(make, f"fault.{fault}")


async def _running(sender: Any, receiver: Any, group: str) -> Traffic:
    channel = await receiver.new_channel()
    await receiver.group_add(group, channel)
    traffic = Traffic(sender, receiver, channel, group)
    traffic.start()
    assert await traffic.flowing_since(time.monotonic(), within=10) is not None, "it flows before the fault"
    return traffic


async def _a_new_instance_works(make: Callable[..., Any], group: str) -> None:
    traffic = await _running(make(), make(proxied=True), group)
    await traffic.finish()
