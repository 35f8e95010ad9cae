"""Fixtures for queries without a session: a schema, entity classes and entities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm.query.expressions.attributes import AttributeExpression
from ftrack_orm.schema.model import Schema
from ftrack_orm.values import Reference

from .schema_response import SCHEMA_RESPONSE


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The schema of `SCHEMA_RESPONSE`."""
    return Schema.from_response(SCHEMA_RESPONSE)


@pytest.fixture(scope="session")
def types(schema: Schema) -> Callable[[str], Any]:
    """Create entity classes with the attributes that queries rely on: `__entity_type__` and expressions."""

    class Meta(type):
        __entity_type__: str

        def __getattr__(cls, name: str) -> AttributeExpression:
            return AttributeExpression.on(cls.__entity_type__, name, schema)

    return lambda name: Meta(name, (), {"__entity_type__": schema.type(name).name})


@pytest.fixture(scope="session")
def task(types: Callable[[str], Any]) -> Any:
    """The class of tasks."""
    return types("Task")


@pytest.fixture(scope="session")
def shot(types: Callable[[str], Any]) -> Any:
    """The class of shots."""
    return types("Shot")


@pytest.fixture
def entity() -> Callable[..., Any]:
    """Create entities with the one attribute that queries rely on: a reference."""

    class Entity:
        def __init__(self, entity_type: str, *values: str, names: tuple[str, ...] = ("id",)) -> None:
            self.reference = Reference(entity_type, tuple(zip(names, values, strict=True)))

        def __reference__(self) -> Reference:
            return self.reference

    return Entity
