"""The services package against the real servers: nothing outlives us, nothing committed is lost, failures are said."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from deploy.services import Postgres, Process, ServiceError, Valkey, free_port, port_is_free
from deploy.services.lifeline import hold
from deploy.services.tree import all_gone, descendants

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with Postgres(tmp_path_factory.mktemp("pg")) as server:
        yield server


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path) as server:
        yield server


def sleeper(tmp_path: Path, script: str = "while :; do sleep 1; done", **options: object) -> Process:
    return Process("sleeper", ["/bin/sh", "-c", script], log=tmp_path / "log", **options)


# --- processes ------------------------------------------------------------------------------------------------
def test_a_server_that_ends_while_starting_is_reported_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match=r"ended while starting \(exit status 3\)[^$]*out of cheese"):
        sleeper(tmp_path, "echo out of cheese; exit 3", ready=lambda: False).start()


def test_a_server_that_never_answers_is_killed_after_its_bound(tmp_path: Path) -> None:
    process = sleeper(tmp_path, ready=lambda: False, ready_within=0.2)
    with pytest.raises(ServiceError, match=r"not ready in 0.2 s"):
        process.start()
    assert not process.alive


def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="/no/such/program"):
        Process("ghost", ["/no/such/program"], log=tmp_path / "log").start()


def test_stop_kills_what_ignores_every_signal_and_what_it_started(tmp_path: Path) -> None:
    process = sleeper(tmp_path, "trap '' TERM INT; while :; do sleep 60 & wait; done", grace=0.2).start()
    time.sleep(0.2)
    below = descendants(process.pid)
    assert below
    process.stop()
    assert all_gone([process.pid, *below], within=2)


def test_stop_is_idempotent_and_works_on_a_frozen_child(tmp_path: Path) -> None:
    process = sleeper(tmp_path).start()
    process.freeze()
    process.stop()
    process.stop()
    assert process.ending() == "killed by SIGTERM"


@pytest.mark.parametrize("thread", ["main", "other"])
def test_nothing_outlives_a_parent_that_is_killed(tmp_path: Path, thread: str) -> None:
    program = f"""
import threading, time
from pathlib import Path
from deploy.services import Postgres, Valkey
def start():
    for server in (Postgres({str(tmp_path / "pg")!r}), Valkey({str(tmp_path / "vk")!r})):
        print(server.start().process.pid, flush=True)
if {thread!r} == "main":
    start()
else:
    worker = threading.Thread(target=start); worker.start(); worker.join()
print("up", flush=True)
time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as parent:
        assert parent.stdout
        lines = [line.strip() for line in iter(parent.stdout.readline, "up\n")]
        pids = [int(line) for line in lines if line.isdecimal()]
        family = descendants(parent.pid)
        assert len(pids) == 2
        assert set(pids) < set(family)  # the premise: they run, and so do PostgreSQL's own children
        parent.kill()
    assert all_gone(family, within=5)
    with Postgres(tmp_path / "pg") as again:  # and what the kill left behind is no obstacle
        assert again.sql("SELECT 1") == "1"


def test_a_child_started_from_a_thread_outlives_the_thread(tmp_path: Path) -> None:
    process = sleeper(tmp_path)
    worker = threading.Thread(target=process.start)
    worker.start()
    worker.join()
    time.sleep(0.2)
    assert process.alive
    process.stop()


def test_the_guard_of_a_stopped_child_is_gone_too(tmp_path: Path) -> None:
    guards: list[int] = []

    def guarded() -> None:
        line = hold(process.pid)
        assert line
        guards.append(line.guard.pid)
        line.release()

    with sleeper(tmp_path) as process:
        worker = threading.Thread(target=guarded)
        worker.start()
        worker.join()
        assert guards
        assert all_gone(guards, within=2)
        assert process.alive


# --- ports ----------------------------------------------------------------------------------------------------
def test_free_ports_lie_below_those_of_clients() -> None:
    port = free_port()
    assert 1024 < port < 32768
    assert port_is_free(port)


# --- PostgreSQL -----------------------------------------------------------------------------------------------
def test_postgres_is_durable_utf8_and_asks_for_a_password(postgres: Postgres) -> None:
    assert postgres.sql("SHOW fsync") == "on"
    assert postgres.sql("SHOW server_encoding") == "UTF8"
    assert (postgres.directory / "password").stat().st_mode & 0o777 == 0o600
    psql = [str(postgres._bin / "psql"), "-w", "-h", "127.0.0.1", "-p", str(postgres.port), "-U", "rualone"]
    refused = subprocess.run([*psql, "postgres"], env={}, capture_output=True, text=True, timeout=20)
    assert refused.returncode
    assert "password" in refused.stderr


def test_postgres_listens_on_loopback_only(postgres: Postgres) -> None:
    assert postgres.sql("SHOW listen_addresses") == "127.0.0.1"
    assert postgres.sql("SHOW unix_socket_directories") == ""


def test_databases_are_created_once_and_only_with_plain_names(postgres: Postgres) -> None:
    postgres.create_database("hungry")
    postgres.create_database("hungry")
    assert postgres.sql("SELECT 1", database="hungry") == "1"
    with pytest.raises(ServiceError, match="not a plain database name"):
        postgres.create_database("x'; DROP DATABASE hungry; --")


def test_what_committed_survives_a_kill_and_a_restart(postgres: Postgres) -> None:
    postgres.sql("CREATE TABLE IF NOT EXISTS note (text text)")
    postgres.sql("INSERT INTO note VALUES ('김밥')")
    port = postgres.port
    postgres.kill()
    assert not postgres.alive
    postgres.start()
    postgres.restart()
    assert (postgres.sql("SELECT text FROM note"), postgres.port) == ("김밥", port)


def test_a_frozen_postgres_answers_again_when_thawed(postgres: Postgres) -> None:
    command = [str(postgres._bin / "pg_isready"), "-h", "127.0.0.1", "-p", str(postgres.port), "-t", "1"]
    postgres.freeze()
    assert subprocess.run(command, timeout=20, capture_output=True).returncode == 2
    postgres.thaw()
    assert postgres.sql("SELECT 1") == "1"


def test_a_second_server_in_one_directory_is_refused(postgres: Postgres) -> None:
    with pytest.raises(ServiceError, match="in use by another process"):
        Postgres(postgres.directory).start()
    assert postgres.sql("SELECT 1") == "1"


def test_a_stale_pid_file_with_the_number_of_an_innocent_process_is_no_obstacle(postgres: Postgres) -> None:
    postgres.stop()
    stale = f"{os.getpid()}\n{postgres.data}\n1\n{postgres.port}\n\n127.0.0.1\n\nready\n"
    (postgres.data / "postmaster.pid").write_text(stale)
    postgres.start()
    assert postgres.sql("SELECT 1") == "1"


def test_an_interrupted_first_run_is_begun_anew(tmp_path: Path) -> None:
    with Postgres(tmp_path) as server:
        home = server.data.parent
        server.stop()
        server.data.rename(home / "data.new")
        (home / "data.new" / "PG_VERSION").unlink()
        server.start()
        assert server.sql("SELECT 1") == "1"


def test_data_of_another_major_version_is_named_not_touched(postgres: Postgres) -> None:
    version = postgres.data / "PG_VERSION"
    postgres.stop()
    version.write_text("9\n")
    try:
        with pytest.raises(ServiceError, match="is of PostgreSQL 9, but this is postgres"):
            postgres.start()
    finally:
        version.write_text("18\n")
        postgres.start()


def test_no_server_runs_as_root(postgres: Postgres, valkey: Valkey) -> None:
    for server in (postgres, valkey):
        assert psutil.Process(server.process.pid).uids().real != 0


# --- Valkey ---------------------------------------------------------------------------------------------------
def test_valkey_keeps_nothing_and_needs_its_password(valkey: Valkey) -> None:
    with redis.Redis.from_url(valkey.url()) as client:
        client.set("a", 1)
        assert client.config_get("save") == {"save": ""}
        assert client.config_get("bind") == {"bind": "127.0.0.1"}
        valkey.restart()
        assert client.get("a") is None
    with redis.Redis(port=valkey.port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_a_frozen_valkey_times_out_and_a_killed_one_refuses(valkey: Valkey) -> None:
    with redis.Redis.from_url(valkey.url(), socket_timeout=0.2, retry=None) as client:
        assert client.ping()
        valkey.freeze()
        with pytest.raises(redis.TimeoutError):
            client.ping()
        valkey.thaw()
        assert client.ping()
        valkey.kill()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        assert valkey.process.ending() == f"killed by {signal.SIGKILL.name}"
        valkey.start()
        assert client.ping()
