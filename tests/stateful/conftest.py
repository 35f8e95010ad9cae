"""Fixtures for tests that change everything on their server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ftrack_orm.sandbox import Sandbox


@pytest.fixture
def own_box() -> Iterator[Sandbox]:
    """An embedded server for one test. The entities of other tests would be read and compared with each step."""
    with Sandbox(seed="empty") as sandbox:
        yield sandbox
