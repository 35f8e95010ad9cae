"""Fixtures: databases with the rows of each seed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from ftrack_orm.sandbox.tables import Tables
from tests.sandbox.seeds.databases import SMALL, seeded_database


@pytest.fixture(scope="session", params=["empty", "demo"])
def seeded(request: pytest.FixtureRequest, ftrack_tables: Tables) -> Iterator[sa.Connection]:
    """A database with each of the seeds in turn, the demo with few tasks. Tests must not change it."""
    connection = seeded_database(ftrack_tables, request.param, SMALL if request.param == "demo" else None)
    yield connection
    connection.close()
