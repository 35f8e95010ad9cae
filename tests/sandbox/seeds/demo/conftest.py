"""Fixtures: a database with the demo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from ftrack_orm.sandbox.tables import Tables
from tests.sandbox.seeds.databases import seeded_database


@pytest.fixture(scope="session")
def demo(ftrack_tables: Tables) -> Iterator[sa.Connection]:
    """A database with the demo in its default size. Tests must not change it."""
    connection = seeded_database(ftrack_tables, "demo")
    yield connection
    connection.close()
