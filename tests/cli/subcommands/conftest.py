"""Fixtures of the tests of single commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_orm.sandbox import Sandbox


@pytest.fixture(scope="package")
def demo_box() -> Iterator[Sandbox]:
    """A server with the demo's data, which these tests share and may change."""
    with Sandbox(seed="demo", tasks=60) as box:
        yield box


@pytest.fixture
def demo(demo_box: Sandbox, schema_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The server with the demo's data, named by the environment variables of the command line."""
    monkeypatch.setenv("FTRACK_SERVER", demo_box.url)
    monkeypatch.setenv("FTRACK_API_USER", demo_box.api_user)
    monkeypatch.setenv("FTRACK_API_KEY", demo_box.api_key)
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(schema_cache))
    return demo_box
