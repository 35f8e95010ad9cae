"""Fixtures: Chromium, the page it loads, and the official JavaScript client in Node and in pages."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest

from ftrack_orm.sandbox import Sandbox
from tests.interop import javascript_client
from tests.interop.chromium import Chromium, PageServer, find_chromium
from tests.interop.javascript_client import JavaScriptClient

#: Starts a client of a kind: "node", "chromium" (a page of another port), "chromium-file" (a file: its origin is null).
StartClient = Callable[..., JavaScriptClient]


@pytest.fixture(scope="session")
def browser() -> Iterator[Chromium]:
    """A headless Chromium. Tests that need it are skipped where it is not installed, except in CI."""
    program = find_chromium()
    if program is None:
        javascript_client.skip_or_fail("Pages need Chromium: install Debian's package chromium.")
    assert program is not None
    browser = Chromium(program)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def page_urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The URLs of the page with the client, by the kind of client."""
    try:
        page = javascript_client.build_page(tmp_path_factory.mktemp("page"))
    except subprocess.CalledProcessError as error:
        pytest.fail(f"The page could not be bundled: {error}")
    server = PageServer(page.parent)
    yield {"chromium": f"{server.url}/{page.name}", "chromium-file": page.as_uri()}
    server.close()


@pytest.fixture(scope="session")
def start_client(request: pytest.FixtureRequest) -> StartClient:
    """Start a client on a server; Chromium starts when the first page needs it."""

    def start(kind: str, box: Sandbox, **options: object) -> JavaScriptClient:
        if kind == "node":
            return javascript_client.start_in_node(box, **options)
        urls = request.getfixturevalue("page_urls")
        return javascript_client.start_in_page(box, request.getfixturevalue("browser"), urls[kind], **options)

    return start
