"""Fixtures of the tests of completion: the requests at the server, and a production with custom attributes."""

from __future__ import annotations

import pytest

from tests.custom_attributes import Configure

from .counted_requests import CountedRequests


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> CountedRequests:
    """Counts the requests that reach the server."""
    return CountedRequests(monkeypatch)


@pytest.fixture
def handles(configure: Configure) -> str:
    """The key of a custom attribute of tasks."""
    return configure("handles", "number", default=8)
