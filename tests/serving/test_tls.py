"""A worker on a TLS endpoint: the same promises on the longer way to the socket."""

import asyncio
import datetime
import ipaddress
import os
import signal
import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deploy.services import Worker, free_port
from tests.live.servers import Cast, Workers, in_thread, worker_env
from tests.live.wsclient import WsClient
from tests.serving.clients import PausingClient, all_cut_off, say_many, stalled_reader

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

BODY = "가" * 4_000  # 12 kB


class TlsWorker(Worker):
    """On an `ssl:` endpoint with a certificate that `context` trusts; used like Worker."""

    def __init__(self, env: Mapping[str, str], directory: Path) -> None:
        key, certificate = directory / "key.pem", directory / "certificate.pem"
        make_certificate(key, certificate)
        self.context = ssl.create_default_context(cafile=str(certificate))
        port = free_port()
        endpoint = f"ssl:{port}:privateKey={key}:certKey={certificate}:interface=127.0.0.1"
        super().__init__(port, env, directory / "tls.log", "--endpoint", endpoint, "--drain-window", "0.2")

    def url(self, path: str = "/") -> str:
        return f"https://127.0.0.1:{self.port}{path}"

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(self.url("/healthz"), timeout=2, context=self.context) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def make_certificate(key_file: Path, certificate_file: Path) -> None:
    """A key and a certificate for 127.0.0.1 that it has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.TraditionalOpenSSL  # what Twisted's ssl: endpoint reads
    key_file.write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    certificate_file.write_bytes(certificate.public_bytes(pem))


@pytest.fixture(scope="module")
def tls_worker(workers: Workers, tmp_path_factory: Any, django_db_blocker: Any) -> Iterator[TlsWorker]:
    with django_db_blocker.unblock():
        env = worker_env(workers.bus_url)
    worker = TlsWorker(env, tmp_path_factory.mktemp("tls"))
    worker.start()
    yield worker
    worker.stop()


async def test_a_client_over_tls_joins_sends_and_gets_what_others_say(
    workers: Workers, tls_worker: TlsWorker, cast: Cast
) -> None:
    room, tls = cast.room.public_id, tls_worker.context
    async with (
        WsClient(tls_worker.port, cast.sessions["짱구"], tls=tls) as host,
        WsClient(workers.first.port, cast.sessions["맹구"]) as member,
    ):
        folds = [await host.join(room), await member.join(room)]
        for n in range(50):
            await host.send(type="send", room=room, cid=f"h{n}", body=f"h{n}")
            await member.send(type="send", room=room, cid=f"m{n}", body=f"m{n}")
        await host.until(lambda: len(host.acks) == 50)
        await member.until(lambda: len(member.acks) == 50)
        head = max(*host.acks.values(), *member.acks.values())
        await host.until(lambda: folds[0].position == head)
        await member.until(lambda: folds[1].position == head)
        assert not folds[0].breaches + folds[1].breaches
        assert folds[0].state == folds[1].state


async def test_a_reader_over_tls_that_pauses_catches_up_once_and_in_order(
    tls_worker: TlsWorker, cast: Cast
) -> None:
    room, port, tls = cast.room.public_id, tls_worker.port, tls_worker.context
    async with (
        WsClient(port, cast.sessions["짱구"], tls=tls) as host,
        PausingClient(port, cast.sessions["맹구"], tls=tls) as member,
    ):
        await host.join(room)
        fold = await member.join(room)
        member.reading.clear()
        for n in range(
            110
        ):  # 1.3 MB: more than kernel and library hold, less than that and a resume together
            await host.say(room, f"b{n}", BODY)
        member.reading.set()
        head = max(host.acks.values())
        await member.until(lambda: fold.position == head)
        assert not fold.breaches
        assert len(member.of("joined")) > 1, "it lagged and was fed from the timeline"


async def test_stalled_readers_over_tls_cost_little_and_are_cut_off(
    tls_worker: TlsWorker, cast: Cast
) -> None:
    room, port, tls = cast.room.public_id, tls_worker.port, tls_worker.context
    stalled = [await in_thread(stalled_reader, port, cast.sessions["맹구"], room, tls) for _ in range(40)]
    async with WsClient(port, cast.sessions["짱구"], tls=tls) as host:
        fold = await host.join(room)
        await say_many(host, room, "warm", 100, BODY)
        before = psutil.Process(tls_worker.pid).memory_info().rss
        await say_many(host, room, "more", 250, BODY)
        grown = psutil.Process(tls_worker.pid).memory_info().rss - before
        assert grown < 20_000_000, f"{grown / 1e6:.0f} MB for 40 readers that do not read 3 MB"
        await host.until(lambda: fold.position == max(host.acks.values()))
        assert not fold.breaches
        assert await in_thread(all_cut_off, stalled), "nobody waits for them for ever"


async def test_an_idle_connection_over_tls_costs_nothing(tls_worker: TlsWorker, cast: Cast) -> None:
    async with WsClient(tls_worker.port, cast.sessions["짱구"], tls=tls_worker.context) as host:
        await host.join(cast.room.public_id)
        process = psutil.Process(tls_worker.pid)
        await asyncio.sleep(0.5)  # what joining leaves to do
        before = sum(process.cpu_times()[:2])
        await asyncio.sleep(1.0)  # what is measured
        assert sum(process.cpu_times()[:2]) - before < 0.3


async def test_sigterm_sends_clients_over_tls_away_too(workers: Workers, cast: Cast, tmp_path: Path) -> None:
    worker = TlsWorker(worker_env(workers.bus_url), tmp_path)
    worker.start()
    async with WsClient(worker.port, cast.sessions["짱구"], tls=worker.context) as host:
        await host.join(cast.room.public_id)
        os.kill(worker.pid, signal.SIGTERM)
        await host.until(lambda: host.closed is not None)
        assert host.closed == 1012
    worker.stop()
    assert worker.ending() == "exit status 0"
