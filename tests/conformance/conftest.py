"""What the conformance tests stand on: one generated production, on the embedded server and in plain objects."""

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

#: The moment queries are answered for; nothing that is compared here depends on it.
NOW = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.timezone.utc)


@pytest.fixture(scope="session")
def studio() -> Iterator[SimpleNamespace]:
    """A production with `ask`, which gives the keys that the embedded server finds, and `queries` of a seed."""
    production = Production(seed=7)
    schema = production.schema
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        production.insert_into(connection)

        def ask(select: Select) -> list[tuple[Any, ...]]:
            key = schema.type(select.entity_type).primary_key
            found = run_query(connection, production.tables, select, Serializer(denormalised=True), NOW)
            return [tuple(entity[name] for name in key) for entity in found.data]

        def generate(seed: int) -> Queries:
            return Queries(production, TYPES, TEXTS, NUMBERS, seed)

        yield SimpleNamespace(production=production, schema=schema, ask=ask, queries=generate)
    engine.dispose()
