"""A headless Chromium, controlled over its debugging protocol, and a web server for the pages that it opens."""

from __future__ import annotations

import contextlib
import functools
import http.server
import itertools
import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from typing import Any

import websocket  # type: ignore[import-untyped]  # it has no type hints before version 1

#: Names of the program: Debian's, then those of other systems.
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")

#: Seconds to wait for a reply of the browser; long, because a busy machine is no failure.
TIMEOUT = 60


def find_chromium() -> str | None:
    """Return the path of an installed Chromium, or None."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Chromium:
    """A headless browser process with an empty profile."""

    def __init__(self, program: str) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        options = ["--headless=new", "--remote-debugging-port=0", f"--user-data-dir={self._profile.name}"]
        options += ["--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
        if os.geteuid() == 0:
            options.append("--no-sandbox")  # Chromium's own sandbox does not work for root, which CI may run as
        self._process = subprocess.Popen([program, *options], stderr=subprocess.PIPE, text=True, encoding="utf-8")
        self._numbers = itertools.count(1)
        self._replies: dict[int, queue.Queue[dict[str, Any]]] = {}
        self._pages: dict[str, Page] = {}
        self._sending = threading.Lock()
        self._socket = websocket.create_connection(self._debugging_url(), suppress_origin=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _debugging_url(self) -> str:
        assert self._process.stderr is not None
        lines = []
        for line in self._process.stderr:
            match = re.search(r"DevTools listening on (ws://\S+)", line)
            if match:
                # Without a reader, the browser would stop when the pipe is full.
                threading.Thread(target=self._process.stderr.read, daemon=True).start()
                return match.group(1)
            lines.append(line)
        raise RuntimeError(f"Chromium has not started: {''.join(lines)}")

    def _read(self) -> None:
        while True:
            try:
                message = json.loads(self._socket.recv())
            except (websocket.WebSocketException, OSError, ValueError):
                for waiting in self._replies.values():
                    waiting.put({"error": {"message": "the browser has ended"}})
                return
            if "id" in message:
                self._replies.pop(message["id"]).put(message)
            elif message.get("sessionId") in self._pages:
                self._pages[message["sessionId"]].handle(message["method"], message["params"])

    def send(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol, of the page with that *session* if one is given; return its result."""
        number = next(self._numbers)
        replies = self._replies[number] = queue.Queue()
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        with self._sending:
            self._socket.send(json.dumps(message))
        reply = replies.get(timeout=TIMEOUT)
        if "error" in reply:
            raise RuntimeError(f"{method}: {reply['error']['message']}")
        result: dict[str, Any] = reply["result"]
        return result

    def open(self, url: str, write: Callable[[str], None]) -> Page:
        """Open *url* in a new page, whose scripts call *write* by that name; return when the page is loaded."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, target, session, write)
        page.load(url)
        return page

    def close(self) -> None:
        """End the browser."""
        with contextlib.suppress(RuntimeError):  # it may end before it replies
            self.send("Browser.close")
        self._process.wait(TIMEOUT)
        self._reader.join(TIMEOUT)
        self._socket.close()
        self._profile.cleanup()


class Page:
    """A page of the browser."""

    def __init__(self, browser: Chromium, target: str, session: str, write: Callable[[str], None]) -> None:
        self._browser = browser
        self._target = target
        self._session = session
        self._write = write
        self._loaded = threading.Event()
        #: Errors of scripts, and errors that the browser logs, such as requests blocked by CORS.
        self.errors: list[str] = []

    def handle(self, method: str, parameters: dict[str, Any]) -> None:
        """Handle an event of the protocol."""
        if method == "Runtime.bindingCalled":
            self._write(parameters["payload"])
        elif method == "Page.loadEventFired":
            self._loaded.set()
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(parameters["exceptionDetails"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.errors.append(str(parameters["entry"]["text"]))

    def load(self, url: str) -> None:
        """Load *url* and wait until it is loaded."""
        for method in ("Runtime.enable", "Page.enable", "Log.enable"):
            self._browser.send(method, self._session)
        self._browser.send("Runtime.addBinding", self._session, name="write")
        self._browser.send("Page.navigate", self._session, url=url)
        assert self._loaded.wait(TIMEOUT), f"{url} has not been loaded"

    def run(self, script: str) -> Any:
        """Run a script, wait for its promise, and return the value."""
        result = self._browser.send(
            "Runtime.evaluate", self._session, expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise RuntimeError(f"{details['exception'].get('description', details['text'])}; {self.errors}")
        return result["result"].get("value")

    def close(self) -> None:
        """Close the page."""
        self._browser.send("Target.closeTarget", targetId=self._target)


class PageServer:
    """A web server on a port of its own for the files of a folder."""

    def __init__(self, folder: pathlib.Path) -> None:
        handler = functools.partial(_QuietHandler, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(TIMEOUT)


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files without logging requests."""

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""
