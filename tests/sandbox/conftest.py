"""Fixtures: a database with the small data model, and a studio's application on ftrack's own data model."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from ftrack_orm.sandbox import datamodel
from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.schema.model import Schema
from tests.sandbox import small_schema
from tests.sandbox.small_database import QueryRunner, RowInserter, insert_small_production
from tests.sandbox.studio import Studio, create_studio_database


@pytest.fixture(scope="session")
def tables() -> Tables:
    """The tables of the small data model."""
    return Tables(Schema.from_response(small_schema.schemas()), small_schema.relation_keys())


@pytest.fixture
def connection(tables: Tables) -> Iterator[sa.Connection]:
    """A connection to an empty database in memory with the tables of the small data model."""
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        yield connection
    engine.dispose()


@pytest.fixture
def insert(connection: sa.Connection, tables: Tables) -> RowInserter:
    """Insert a row into the database."""
    return RowInserter(connection, tables)


@pytest.fixture
def ask(connection: sa.Connection, tables: Tables) -> QueryRunner:
    """Run a query on the database."""
    return QueryRunner(connection, tables)


@pytest.fixture
def small_production(insert: RowInserter) -> None:
    """Two projects with a shot and four tasks in the database: see `insert_small_production`."""
    insert_small_production(insert)


@pytest.fixture(scope="session")
def ftrack_tables() -> Tables:
    """The tables of ftrack's own data model."""
    model = datamodel.load()
    return Tables(Schema.from_response(model.schemas), model.relations)


@pytest.fixture(scope="session")
def studio_database(ftrack_tables: Tables) -> Iterator[sqlite3.Connection]:
    """A database with the studio's configuration, of which every test gets a copy."""
    database = sqlite3.connect(":memory:", check_same_thread=False)
    create_studio_database(database, ftrack_tables)
    yield database
    database.close()


@pytest.fixture
def studio(studio_database: sqlite3.Connection, ftrack_tables: Tables) -> Iterator[Studio]:
    """The application of a small studio without projects."""
    database = sqlite3.connect(":memory:", check_same_thread=False)
    studio_database.backup(database)
    studio = Studio(database, ftrack_tables)
    yield studio
    studio.application.close()
    database.close()


@pytest.fixture
def production(studio: Studio) -> Studio:
    """The application of a small studio with one production: see `Studio.produce`."""
    studio.produce()
    return studio
