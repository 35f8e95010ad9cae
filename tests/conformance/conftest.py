"""What the conformance tests stand on: one generated production, on the embedded server and in plain objects."""

from __future__ import annotations

import datetime
import importlib.util
import pathlib
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from ftrack_orm.query.language.nodes import Select
from ftrack_orm.sandbox.reading.execution import run
from ftrack_orm.sandbox.reading.serialization import Serializer

#: The moment queries are answered for; nothing that is compared here depends on it.
NOW = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.timezone.utc)


def _module(name: str) -> ModuleType:
    """Load a module that lies beside this file; with pytest's importlib mode these are no package."""
    specification = importlib.util.spec_from_file_location(
        f"conformance_{name}", pathlib.Path(__file__).with_name(f"{name}.py")
    )
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def studio() -> Iterator[SimpleNamespace]:
    """A production with `ask`, which gives the keys that the embedded server finds, and `queries` of a seed."""
    made, queries = _module("production"), _module("queries")
    production = made.Production(seed=7)
    schema = production.schema
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        production.insert_into(connection)

        def ask(select: Select) -> list[tuple[Any, ...]]:
            key = schema.type(select.entity_type).primary_key
            found = run(connection, production.tables, select, Serializer(denormalised=True), NOW)
            return [tuple(entity[name] for name in key) for entity in found.data]

        def generate(seed: int) -> Any:
            return queries.Queries(production, made.TYPES, made.TEXTS, made.NUMBERS, seed)

        generated: Callable[[int], Any] = generate
        yield SimpleNamespace(production=production, schema=schema, ask=ask, queries=generated)
    engine.dispose()
