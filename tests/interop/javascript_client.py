"""Runs the official JavaScript client in Node or in a page of Chromium, with commands: see javascript/peer.js."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import pathlib
import queue
import shutil
import subprocess
import threading
from typing import Any, Protocol

import pytest

from ftrack_orm.sandbox import Sandbox
from tests.interop.chromium import Chromium, Page
from tests.property_settings import IN_FULL

JAVASCRIPT = pathlib.Path(__file__).parent / "javascript"

#: Seconds to wait for an expected result; long, because a busy machine is no failure.
TIMEOUT = 60


class JavaScriptError(Exception):
    """An error that a promise of the client was rejected with."""

    def __init__(self, name: str, message: str, errorCode: str | None) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
        self.code = errorCode


class Channel(Protocol):
    """Carries commands to the client; answers and events come back as calls of a function."""

    def send(self, command: dict[str, Any]) -> None:
        """Send a command."""

    def close(self) -> None:
        """End the client."""


class JavaScriptClient:
    """A session of the official JavaScript client."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        self._started: queue.Queue[dict[str, Any]] = queue.Queue()
        #: The received events, by the id of their subscriber.
        self.events: dict[str, queue.Queue[dict[str, Any]]] = {}
        self._channel: Channel

    def use(self, channel: Channel) -> JavaScriptClient:
        """Send commands on *channel*; return when the client has started."""
        self._channel = channel
        answer = self._started.get(timeout=TIMEOUT)
        if answer["happened"] == "failed":
            raise JavaScriptError(**answer["error"])
        return self

    def handle(self, message: dict[str, Any]) -> None:
        """Keep a message of the client for the thread that waits for it."""
        if message["happened"] == "event":
            self.events[message["subscriber"]].put(message["payload"])
        elif message["happened"] == "started":
            self._started.put(message)
        else:
            self._answers.pop(message["number"]).put(message)

    def end(self) -> None:
        """Let no thread wait for a client that has ended."""
        error = {"name": "Ended", "message": "the client has ended; its log has the reason", "errorCode": None}
        failure = {"happened": "failed", "error": error}
        for waiting in [self._started, *self._answers.values()]:
            waiting.put(failure)

    def run(self, command: str, **parameters: Any) -> Any:
        """Run a command of peer.js and return its result; raise `JavaScriptError` for an error of the client."""
        number = next(self._numbers)
        answers = self._answers[number] = queue.Queue()
        self._channel.send({"number": number, "do": command, **parameters})
        answer = answers.get(timeout=TIMEOUT)
        if answer["happened"] == "failed":
            raise JavaScriptError(**answer["error"])
        return answer["value"]

    def invoke(self, method: str, *arguments: Any) -> Any:
        """Call a method of the client's session and return the result; a date is given as {"date": text}."""
        return self.run("invoke", method=method, arguments=arguments)

    def close(self) -> None:
        """End the client."""
        self._channel.close()


class NodeChannel:
    """A process of Node that runs javascript/node.js."""

    def __init__(self, box: Sandbox, client: JavaScriptClient, options: dict[str, Any]) -> None:
        self._client = client
        self._process = subprocess.Popen(
            ["node", str(JAVASCRIPT / "node.js"), box.url, box.api_user, box.api_key, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._client.handle(json.loads(line))
        self._client.end()

    def send(self, command: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate(timeout=TIMEOUT)
        self._thread.join(TIMEOUT)


class PageChannel:
    """A page of Chromium that runs javascript/page.js."""

    def __init__(self, box: Sandbox, page: Page, options: dict[str, Any]) -> None:
        self._page = page
        arguments = ", ".join(json.dumps(each) for each in (box.url, box.api_user, box.api_key, options))
        page.run(f"start({arguments})")

    def send(self, command: dict[str, Any]) -> None:
        self._page.run(f"void execute({json.dumps(command)})")

    def close(self) -> None:
        self._page.close()


def start_in_node(box: Sandbox, **options: Any) -> JavaScriptClient:
    """Start the client in Node, with *options* for its session."""
    install_javascript()
    client = JavaScriptClient()
    return client.use(NodeChannel(box, client, options))


def start_in_page(box: Sandbox, browser: Chromium, url: str, **options: Any) -> JavaScriptClient:
    """Start the client in a new page of *browser*, which loads *url*, with *options* for its session."""
    client = JavaScriptClient()
    page = browser.open(url, lambda text: client.handle(json.loads(text)))
    return client.use(PageChannel(box, page, options))


def build_page(folder: pathlib.Path) -> pathlib.Path:
    """Bundle the client for a page and return the page's file, in *folder*."""
    install_javascript()
    bundler = JAVASCRIPT / "node_modules" / ".bin" / "esbuild"
    output = f"--outfile={folder / 'page.bundle.js'}"
    subprocess.run(
        [bundler, JAVASCRIPT / "page.js", "--bundle", "--log-level=error", output], check=True, timeout=TIMEOUT
    )
    return pathlib.Path(shutil.copy(JAVASCRIPT / "page.html", folder))


def install_javascript() -> None:
    """Install the JavaScript client. Its tests are for CI, which must have Node, and are skipped elsewhere."""
    if not IN_FULL:
        pytest.skip("Tests with the official JavaScript client run in CI: set CI=true.")
    if not shutil.which("node") or not shutil.which("npm"):
        skip_or_fail("The official JavaScript client needs Node: install nodejs and npm.")
    # Tests run in several processes at once: one installs, the others wait.
    with (JAVASCRIPT / ".npmrc").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        packages = JAVASCRIPT / "node_modules"
        if not all((packages / name).exists() for name in ("@ftrack/api", "jsdom", "esbuild")):
            done = subprocess.run(["npm", "ci"], cwd=JAVASCRIPT, capture_output=True, text=True, check=False)
            if done.returncode:
                skip_or_fail(f"The official JavaScript client could not be installed: {done.stderr.strip()}")


def skip_or_fail(reason: str) -> None:
    """Skip the test, except in CI, where nothing may be missing."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
