"""The examples of docs/stomp.md do what they say, letter for letter."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from deploy.test import node
from tests.live.servers import Workers
from tests.stomp.conftest import Chromium, People
from tests.stomp.drivers import MODULES, SCRIPTS, show

DOCS = Path(__file__).resolve().parent.parent.parent / "docs" / "stomp.md"
pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(90)]


def example(name: str, port: int, people: People) -> str:
    """The block of that name, with this worker's address, a real token and a real room."""
    found = re.search(rf"```\w+ {name}\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found, name
    code = found[1].replace("localhost:8000", f"127.0.0.1:{port}")
    code = code.replace('"localhost", 8000', f'"127.0.0.1", {port}')
    return code.replace("rua_TOKEN", people.tokens["철수"]).replace("ROOM", people.room.public_id)


async def printed(*command: str) -> str:
    """What a program that ends by itself prints."""
    env = {**os.environ, "NODE_PATH": str(MODULES), "PYTHONIOENCODING": "utf-8"}
    process = await asyncio.create_subprocess_exec(
        *command, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode().strip()


def said(people: People, text: str) -> bool:
    message = json.loads(text)
    return bool(
        message == {"type": "TALK", "roomId": people.room.public_id, "sender": "철수", "message": "안녕"}
    )


async def test_stomp_py(workers: Workers, people: People) -> None:
    code = example("stomppy", workers.first.port, people)
    assert said(people, await printed(sys.executable, "-c", code))


@pytest.mark.browser
async def test_stompjs_in_node(workers: Workers, people: People) -> None:
    assert said(people, await printed(node(), "-e", example("stompjs7", workers.first.port, people)))


@pytest.mark.browser
async def test_sockjs_in_a_page(workers: Workers, people: People, chromium: Chromium, tmp_path: Path) -> None:
    port = workers.second.port
    script = tmp_path / "example.js"
    script.write_text(example("sockjs", port, people), encoding="utf-8")
    context = await (await chromium()).new_context()
    cookie = {"name": "sessionid", "value": people.sessions["철수"], "url": f"http://127.0.0.1:{port}"}
    await context.add_cookies([cookie])
    page = await context.new_page()
    html = "".join(
        f'<script src="/stomp-files/{name}"></script>' for name in ("stompjs2.js", "sockjs.js", "example.js")
    )
    async with page.expect_console_message(lambda m: m.text.startswith('{"type":"TALK"')) as message:
        await show(page, port, html, {**SCRIPTS, "example.js": script})
    assert said(people, (await message.value).text)
    await context.close()
