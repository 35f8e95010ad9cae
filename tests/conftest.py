"""What tests of the client stand on: an embedded server, sessions on it, and a small production of a test's own."""

import itertools
from types import SimpleNamespace

import pytest

from ftrack_orm import Session
from ftrack_orm.sandbox import Sandbox
from tests.property_settings import load_profile

load_profile()

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def box():
    """An embedded server with what a fresh ftrack has; tests share it, so each makes its own project."""
    with Sandbox(seed="empty") as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def schema_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("schemas")


@pytest.fixture
def connect(box, schema_cache):
    """Make sessions on the embedded server; they are closed when the test ends."""
    sessions = []

    def make(**settings):
        session = Session(box.url, box.api_key, box.api_user, **{"schema_cache_path": schema_cache, **settings})
        sessions.append(session)
        return session

    yield make
    for session in sessions:
        session.rollback()
        session.close()


@pytest.fixture
def session(connect):
    session = connect()
    session.server_information  # noqa: B018 - so that tests count their own requests only
    return session


@pytest.fixture
def other(connect):
    """A second session, for what somebody else did and for what the server really has."""
    return connect()


@pytest.fixture
def production(connect):
    """Ids of a project with 2 sequences, 4 shots and 12 tasks, made by another session.

    Tasks are ordered by name, `task00` to `task11`; three to a shot, two shots to a sequence.
    """
    with connect() as maker:
        number = next(_NUMBERS)
        schema = maker.query("ProjectSchema").first()
        project = maker.create("Project", name=f"film{number}", full_name=f"Film {number}", project_schema=schema)
        sequences = [maker.create("Sequence", name=f"sq{n}", parent=project) for n in range(2)]
        shots = [maker.create("Shot", name=f"sh{n}", parent=sequences[n // 2]) for n in range(4)]
        tasks = [maker.create("Task", name=f"task{n:02}", parent=shots[n // 3], bid=n) for n in range(12)]
        maker.commit()
        return SimpleNamespace(
            project=project.id,
            name=project.name,
            sequences=[entity.id for entity in sequences],
            shots=[entity.id for entity in shots],
            tasks=[entity.id for entity in tasks],
        )


def pytest_collection_modifyitems(items):
    # Tracing multiplies the time of property tests, whose lines other tests reach as well.
    for item in items:
        if item.get_closest_marker("hypothesis"):
            item.add_marker("no_cover")
