"""Fixtures of the client's tests: an embedded server, sessions on it, and a small production for each test."""

from __future__ import annotations

import functools
import gc
import itertools
import os
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest

from ftrack_orm import Session
from ftrack_orm.sandbox import Sandbox
from tests.custom_attributes import Configure, create_configuration
from tests.keyrings import MemoryKeyring, SearchableKeyring
from tests.production import Connect, Production, create_production
from tests.property_settings import load_profile

load_profile()
# No test opens the keyring of the person who runs it.
os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


#: Counts the tests of this process.
_TESTS = itertools.count(1)
#: After how many tests the objects that stay are exempted from garbage collections again.
_TESTS_BETWEEN_FREEZES = 200


def pytest_collection_finish() -> None:
    """Exempt the modules and the collected tests from garbage collections, which many tests make in full."""
    gc.collect()
    gc.freeze()


def pytest_runtest_logfinish() -> None:
    """Exempt objects that earlier tests left for good: servers that tests share, compiled statements, schemas."""
    if next(_TESTS) % _TESTS_BETWEEN_FREEZES == 0:
        pytest_collection_finish()


@pytest.fixture(scope="session")
def box() -> Iterator[Sandbox]:
    """An embedded server with the data of a new ftrack server. Tests share it, so each creates its own project."""
    with Sandbox(seed="empty") as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def schema_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a schema cache that all tests share."""
    return tmp_path_factory.mktemp("schemas")


@pytest.fixture
def connect(box: Sandbox, schema_cache: Path) -> Iterator[Connect]:
    """Creates sessions on the embedded server and closes them when the test ends."""
    sessions = []

    def create_session(**settings: Any) -> Session:
        session = Session(box.url, box.api_key, box.api_user, **{"schema_cache_path": schema_cache, **settings})
        sessions.append(session)
        return session

    yield create_session
    for session in sessions:
        session.rollback()
        session.close()


@pytest.fixture
def session(connect: Connect) -> Session:
    """A session after its handshake, so that a test counts its own requests only."""
    session = connect()
    session.server_information  # noqa: B018
    return session


@pytest.fixture
def other(connect: Connect) -> Session:
    """A second session, for the changes of another user and for reading the data of the server."""
    return connect()


@pytest.fixture(scope="session")
def creators() -> Iterator[weakref.WeakKeyDictionary[Sandbox, Session]]:
    """The sessions that create productions, one for each embedded server: a new one would make two more requests."""
    sessions: weakref.WeakKeyDictionary[Sandbox, Session] = weakref.WeakKeyDictionary()
    yield sessions
    for session in sessions.values():
        session.close()


@pytest.fixture
def production(box: Sandbox, schema_cache: Path, creators: weakref.WeakKeyDictionary[Sandbox, Session]) -> Production:
    """A production of the test's own, created by another session."""
    creator = creators.get(box)
    if creator is None:
        creator = Session(box.url, box.api_key, box.api_user, schema_cache_path=schema_cache)
        creators[box] = creator
    try:
        return create_production(creator)
    except BaseException:
        del creators[box]  # its edits are not committed with the next production
        raise


@pytest.fixture
def vault() -> Iterator[MemoryKeyring]:
    """The keyring of the system, empty, and restored when the test ends."""
    before = keyring.get_keyring()
    vault = SearchableKeyring()
    keyring.set_keyring(vault)
    yield vault
    keyring.set_keyring(before)


@pytest.fixture
def configure(connect: Connect, production: Production) -> Configure:
    """Create configurations of custom attributes for the test's project in another session."""
    return functools.partial(create_configuration, connect(), production)


@pytest.hookimpl(trylast=True)  # runs after the plugin of hypothesis, which sets the marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run property tests without coverage: tracing multiplies their time, and other tests cover the same lines."""
    for item in items:
        if item.get_closest_marker("hypothesis"):
            item.add_marker("no_cover")
