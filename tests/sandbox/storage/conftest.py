"""Fixtures: a running sandbox, and an HTTP client for its storage."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from ftrack_orm.sandbox import Sandbox
from tests.sandbox.storage.client import Client


@pytest.fixture(scope="module")
def shared_box() -> Iterator[Sandbox]:
    """A sandbox for the tests of a module that leave no faults behind."""
    with Sandbox() as box:
        yield box


@pytest.fixture
def client(shared_box: Sandbox) -> Iterator[Client]:
    """A client of the shared sandbox, whose faults and recorded requests end with the test."""
    client = Client(shared_box)
    shared_box.storage.clear_requests()
    yield client
    shared_box.storage.clear_faults()
    client.http.close()


_numbers = itertools.count()


@pytest.fixture
def component_id() -> str:
    """The id of a component that no other test uses."""
    return f"component-{next(_numbers)}"
