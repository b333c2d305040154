"""The clients people have, each against two workers: in by cookie or token, talk, refusals, coming back."""

import base64
import re
from pathlib import Path

import pytest

from tests.live.servers import Workers
from tests.stomp.conftest import BEAT, CLIENTS, NewClient, People
from tests.stomp.drivers import Driver

GOLDEN = Path(__file__).parent / "golden"
TALK = "/pub/chat/message"
TOPIC = "/topic/anything"
NO_COOKIES = {
    "stompjs-2.3.3-sockjs-1.1-node"
}  # it sends no Origin, and without one the cookie is not looked at

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(90)]
every_client = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if where == "python" else [pytest.mark.browser])
        for name, (_, where) in CLIENTS.items()
    ],
)


def way_in(people: People, who: str, name: str) -> dict[str, str]:
    """By cookie where the client can send one."""
    return {"token": people.tokens[who]} if name in NO_COOKIES else {"cookie": people.sessions[who]}


async def pair(new_client: NewClient, workers: Workers, people: People, name: str) -> tuple[Driver, Driver]:
    """짱구 by cookie on one worker, 철수 by token on the other, both in the room."""
    first, second = workers.ports
    host, member = await new_client(name, first), await new_client(name, second)
    await host.connected(first, **way_in(people, "짱구", name))
    await member.connected(second, token=people.tokens["철수"])
    for client in (host, member):
        await client.subscribe(people.destination)
    return host, member


@every_client
async def test_what_one_says_both_hear_on_either_server_and_an_aborted_transaction_is_never_said(
    workers: Workers, people: People, new_client: NewClient, name: str
) -> None:
    host, member = await pair(new_client, workers, people, name)
    await host.say(TALK, people.talk("치킨 시킬 사람?"), "r1")
    await member.say(TALK, people.talk("저요"), "r2")
    for transaction, verb in (("t1", "abort"), ("t2", "commit")):
        await host.do("begin", transaction=transaction)
        for n in (1, 2):
            headers = {"transaction": transaction, "receipt": f"{transaction}-{n}"}
            await host.do("send", destination=TALK, headers=headers, body=people.talk(f"{verb} {n}"))
        await host.do(verb, transaction=transaction)
    said = ["치킨 시킬 사람?", "저요", "commit 1", "commit 2"]
    for client in (host, member):
        await client.until(lambda client=client: len(client.texts()) == len(said))
        assert client.texts() == said
        assert all('"대통령"' not in body for body in client.bodies()), "the sender is the account"
        seqs = [int(event["headers"]["seq"]) for event in client.of("message")]
        assert seqs == sorted(set(seqs))
    await host.do("disconnect")
    await host.until(lambda: bool(host.of("closed")))
    assert not host.of("error")


@every_client
async def test_a_wrong_token_is_refused_by_name(
    workers: Workers, people: People, new_client: NewClient, name: str
) -> None:
    client = await new_client(name, workers.first.port)
    await client.connect(workers.first.port, token="rua_" + "x" * 43)
    await client.until(lambda: bool(client.of("error")))
    assert client.of("error")[0]["headers"]["code"] == "SIGN_IN"
    await client.until(lambda: bool(client.of("closed")))
    assert not client.of("connected")


@every_client
async def test_a_body_comes_back_as_it_was_sent(
    workers: Workers, people: People, new_client: NewClient, name: str
) -> None:
    """The older library has no bytes: there, text of every width and what headers would escape."""
    client = await new_client(name, workers.first.port)
    await client.connected(workers.first.port, token=people.tokens["짱구"], binary=client.binary)
    await client.subscribe(TOPIC)
    if client.binary:
        body = bytes(range(256)) + b"\n\n\0\0 MESSAGE\n\n\0"
        encoded = base64.b64encode(body).decode()
        await client.do("send", destination=TOPIC, headers={"receipt": "r"}, binary=encoded)
        await client.until(lambda: bool(client.of("message")))
        assert base64.b64decode(client.of("message")[0]["bytes"]) == body
    else:
        body = "줄\n\n바꿈 \\c : \\n 👩‍👩‍👧 é\r\n끝 "
        await client.say(TOPIC, body, "r")
        await client.until(lambda: bool(client.of("message")))
        assert client.bodies() == [body]


@every_client
async def test_a_megabyte_is_refused_by_name(
    workers: Workers, people: People, new_client: NewClient, name: str
) -> None:
    client = await new_client(name, workers.first.port)
    await client.connected(workers.first.port, token=people.tokens["짱구"])
    await client.do("send", destination=TOPIC, headers={}, body="x" * 2**20)
    await client.until(lambda: bool(client.of("error")))
    assert client.of("error")[0]["headers"]["code"] == "FRAME_TOO_LONG"
    await client.until(lambda: bool(client.of("closed")))


@every_client
async def test_a_client_that_falls_silent_is_closed_and_one_that_beats_is_not(
    workers: Workers, people: People, new_client: NewClient, name: str
) -> None:
    client = await new_client(name, workers.first.port)
    await client.connected(workers.first.port, token=people.tokens["짱구"], beats=(BEAT, 0))

    def beats() -> int:
        return sum(event["way"] == "C" and event["data"] in {"\n", '["\\n"]'} for event in client.of("wire"))

    await client.until(lambda: beats() >= 4)
    assert not client.of("error")
    await client.do("mute")
    await client.until(lambda: bool(client.of("closed")))
    assert [event["headers"]["code"] for event in client.of("error")] == ["HEARTBEAT_TIMEOUT"]


@every_client
async def test_who_comes_back_elsewhere_with_since_has_missed_nothing_and_hears_nothing_twice(
    workers: Workers, people: People, new_client: NewClient, name: str
) -> None:
    host, member = await pair(new_client, workers, people, name)
    await host.say(TALK, people.talk("하나"), "r1")
    await member.until(lambda: member.texts() == ["하나"])
    seq = member.of("message")[-1]["headers"]["seq"]
    epoch = member.of("connected")[-1]["headers"]["epoch"]
    await member.do("drop")
    await member.until(lambda: bool(member.of("closed")))
    for n, text in enumerate(("둘", "셋", "넷")):
        await host.say(TALK, people.talk(text), f"m{n}")
    again = await new_client(name, workers.first.port)
    await again.connected(workers.first.port, token=people.tokens["철수"])
    await again.subscribe(people.destination, since=seq, epoch=epoch)
    await host.say(TALK, people.talk("다섯"), "r5")
    await again.until(lambda: len(again.texts()) >= 4)
    assert member.texts() + again.texts() == ["하나", "둘", "셋", "넷", "다섯"]


@every_client
async def test_the_wire_is_as_it_was(
    workers: Workers, people: People, new_client: NewClient, name: str
) -> None:
    client = await new_client(name, workers.first.port)
    await client.connected(workers.first.port, token=people.tokens["짱구"])
    await client.do("subscribe", destination=people.destination, headers={"id": "s1", "receipt": "r-in"})
    await client.receipt("r-in")
    sent = {"receipt": "r-1", "idempotency-key": "k1", "content-type": "application/json"}
    await client.do("send", destination=TALK, headers=sent, body=people.talk("안녕: \\c"))
    await client.receipt("r-1")
    await client.until(lambda: len(client.texts()) == 1)
    await client.do("begin", transaction="t1")
    await client.do("send", destination=TALK, headers={"transaction": "t1"}, body=people.talk("함께"))
    await client.do("commit", transaction="t1")
    await client.until(lambda: len(client.texts()) == 2)
    await client.do("unsubscribe", id="s1")
    await client.do("disconnect")
    await client.until(lambda: any("DISCONNECT" in event["data"] for event in client.of("wire")))
    log = _readable(client.of("wire"), people)
    path = GOLDEN / f"{name}.txt"
    if not path.exists():  # one that was deleted is written anew, to be looked at before it is committed
        path.write_text(log, encoding="utf-8")
        pytest.fail(f"{path.name} was not there")
    assert log == path.read_text(encoding="utf-8")


def _readable(wire: list[dict[str, str]], people: People) -> str:
    """One line a frame, what differs from run to run by name. Answers that came together stand in one order; the ways
    part at DISCONNECT, after which a client may close before it hears the receipt."""
    lines: list[str] = []
    answers: list[str] = []
    for event in wire:
        line = f"{event['way']} {_steady(event['data'], people)}"
        if event["way"] == "S":
            answers.append(line)
            continue
        lines += [*sorted(answers), ""] if answers else []
        answers = []
        lines.append(line)
        if "DISCONNECT" in line:
            break
    return "\n".join(lines) + "\n"


def _steady(data: str, people: People) -> str:
    text = data.replace(people.room.public_id, "ROOM").replace(people.tokens["짱구"], "TOKEN")
    text = text.replace("\r", "<CR>").replace("\n", "<LF>").replace("\0", "<NUL>")
    end = r"(?=<LF>|\\n)"
    for header in ("session", "epoch", "server", "user"):
        text = re.sub(rf"(<LF>|\\n){header}:.*?{end}", rf"\1{header}:{header.upper()}", text)
    return text
