"""Fixtures of the command line's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftrack_orm.sandbox import Sandbox


@pytest.fixture
def account(box: Sandbox, schema_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment variables that name the embedded server of the tests and its administrator."""
    monkeypatch.setenv("FTRACK_SERVER", box.url)
    monkeypatch.setenv("FTRACK_API_USER", box.api_user)
    monkeypatch.setenv("FTRACK_API_KEY", box.api_key)
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(schema_cache))
