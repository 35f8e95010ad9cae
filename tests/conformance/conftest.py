"""Fixtures of the conformance tests: one generated production, on the embedded server and as plain objects."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from ftrack_orm.query.language.nodes import Select
from ftrack_orm.sandbox.reading.execution import run_query
from ftrack_orm.sandbox.reading.serialization import Serializer
from tests.conformance.production import NUMBERS, TEXTS, TYPES, Production
from tests.conformance.queries import Queries

#: The time of the requests; no compared value depends on it.
NOW = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.timezone.utc)


@pytest.fixture(scope="session")
def studio() -> Iterator[SimpleNamespace]:
    """A production with `run`, which returns the primary keys that the embedded server finds, and `queries(seed)`."""
    production = Production(seed=7)
    schema = production.schema
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        production.insert_into(connection)

        def run(select: Select) -> list[tuple[Any, ...]]:
            key = schema.type(select.entity_type).primary_key
            result = run_query(connection, production.tables, select, Serializer(denormalised=True), NOW)
            return [tuple(entity[name] for name in key) for entity in result.data]

        def generate(seed: int) -> Queries:
            return Queries(production, TYPES, TEXTS, NUMBERS, seed)

        yield SimpleNamespace(production=production, schema=schema, run=run, queries=generate)
    engine.dispose()
