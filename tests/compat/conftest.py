"""Fixtures: sessions of both clients on the embedded server, and a function that compares them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import ftrack_api
import ftrack_api.accessor.base
import ftrack_api.cache
import ftrack_api.formatter
import ftrack_api.resource_identifier_transformer.base
import ftrack_api.structure.id
import ftrack_api.structure.standard
import pytest

import ftrack_orm
from ftrack_orm import compat
from ftrack_orm.sandbox import Sandbox
from tests.production import Production, create_production

#: Returns a session of the client that is given, the compatibility layer by default.
ConnectClient = Callable[..., Any]


@attrs.frozen
class Studio:
    """A *client*, as the module, a *session* of it, and a production and a folder of its own."""

    client: Any
    session: Any
    production: Production
    folder: Path
    connect: ConnectClient

    def get(self, entity_type: str, number: int = 0) -> Any:
        """Return the entity of a type of the production, by its number."""
        ids = {
            "Project": [self.production.project],
            "Sequence": self.production.sequences,
            "Shot": self.production.shots,
            "Task": self.production.tasks,
        }
        return self.session.get(entity_type, ids[entity_type][number])


#: Runs a function with both clients, asserts that it returns the same, and returns that.
Both = Callable[[Callable[[Studio], Any]], Any]


@pytest.fixture(scope="session")
def box() -> Iterator[Sandbox]:
    """An embedded server of the layer's own: elsewhere tests leave project schemas, which the official client reads."""
    with Sandbox(seed="empty") as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def open_client(box: Sandbox, schema_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Creates sessions of either client, which are closed after all tests."""
    official_cache = tmp_path_factory.mktemp("official")

    def open_session(client: Any, **arguments: Any) -> Any:
        folder = schema_cache if client is compat else official_cache
        given = {"plugin_paths": [], "auto_connect_event_hub": False, "schema_cache_path": str(folder), **arguments}
        return client.Session(box.url, box.api_key, box.api_user, **given)

    return open_session


@pytest.fixture
def connect_client(open_client: ConnectClient) -> Iterator[ConnectClient]:
    """Creates sessions of either client and closes them when the test ends."""
    sessions = []

    def create_session(client: Any = compat, **arguments: Any) -> Any:
        sessions.append(open_client(client, **arguments))
        return sessions[-1]

    yield create_session
    for session in sessions:
        session.rollback()
        session.close()


@pytest.fixture
def compatible(connect_client: ConnectClient) -> Any:
    """A compatible session."""
    return connect_client()


@pytest.fixture(scope="session")
def shared_sessions(open_client: ConnectClient) -> Iterator[list[tuple[Any, Any]]]:
    """Both clients, the official one first, each with a session that all tests share."""
    pairs = [(client, open_client(client)) for client in (ftrack_api, compat)]
    yield pairs
    for _, session in pairs:
        session.close()


@pytest.fixture
def both(
    shared_sessions: list[tuple[Any, Any]],
    connect_client: ConnectClient,
    box: Sandbox,
    schema_cache: Path,
    tmp_path: Path,
) -> Both:
    """Run a function with both clients and compare the results."""

    def run(function: Callable[[Studio], Any]) -> Any:
        with ftrack_orm.Session(box.url, box.api_key, box.api_user, schema_cache_path=schema_cache) as creator:
            productions = [create_production(creator) for _ in shared_sessions]
        results = []
        for (client, session), production in zip(shared_sessions, productions, strict=True):
            folder = tmp_path / client.__name__
            folder.mkdir(exist_ok=True)
            try:
                results.append(function(Studio(client, session, production, folder, connect_client)))
            finally:
                session.rollback()
                if client is ftrack_api:
                    # It keeps new entities after a rollback, and fails when it looks at them.
                    session.reset()
        official, ours = results
        assert ours == official
        return ours

    return run


def raised(client: Any, call: Callable[[], Any], *builtin: type[Exception]) -> list[str]:
    """Return the names of the client's exceptions, and those of *builtin*, that a call raises an error of."""
    try:
        call()
    except Exception as error:
        official = [
            name
            for name, each in vars(client.exception).items()
            if isinstance(each, type)
            and issubclass(each, client.exception.Error)
            and name[0] != "_"
            and isinstance(error, each)
        ]
        assert not isinstance(error, AssertionError)
        return sorted([*official, *(each.__name__ for each in builtin if isinstance(error, each))])
    return []
