"""A small schema in the form a server describes it, and the classes and entities that expressions are made with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ftrack_orm.query.builder import Query
from ftrack_orm.query.expressions.attributes import AttributeExpression
from ftrack_orm.schema.model import Schema
from ftrack_orm.values import Reference

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}


def _one(target: str) -> dict[str, Any]:
    return {"$ref": target}


def _many(target: str, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": target}, **more}


def _keyed(target: str) -> dict[str, Any]:
    names = {"key": "key", "value": "value"}
    return {"type": "mapped_array", "items": {"$ref": target}, "key_value_attributes": names}


def _type(entity_type: str, properties: dict[str, Any], *, base: str = "", key: str = "id") -> dict[str, Any]:
    described = {"id": entity_type, "properties": properties, "primary_key": key.split(", ")}
    return {**described, "$mixin": {"$ref": base}} if base else described


_CONTEXT = {
    "id": TEXT,
    "name": TEXT,
    "parent_id": TEXT,
    "parent": _one("Context"),
    "children": _many("Context"),
    "created_at": MOMENT,
    "metadata": _keyed("Metadata"),
    "custom_attributes": _keyed("ContextCustomAttributeValue"),
    "custom_attribute_links": _many("CustomAttributeLink", restricted_projection=True),
}
_TYPED = {
    **_CONTEXT,
    "status_id": TEXT,
    "status": _one("Status"),
    "project": _one("Project"),
    "bid": NUMBER,
    "sort": {"type": "integer"},
    "end_date": MOMENT,
    "assignments": _many("Appointment"),
    "thumbnail_url": {"type": "object"},
}
_LINK = {"id": TEXT, "configuration_id": TEXT}

_METADATA = {"parent_id": TEXT, "key": TEXT, "value": TEXT}
_CUSTOM_VALUE = {"configuration_id": TEXT, "entity_id": TEXT, "key": TEXT, "value": {"type": "variable"}}

ANSWER = [
    _type("Context", _CONTEXT),
    _type("Project", {**_CONTEXT, "full_name": TEXT}, base="Context"),
    _type("TypedContext", _TYPED, base="Context"),
    _type("Task", _TYPED, base="TypedContext"),
    _type("Shot", _TYPED, base="TypedContext"),
    _type("Status", {"id": TEXT, "name": TEXT, "sort": NUMBER, "is_active": {"type": "boolean"}}),
    _type("User", {"id": TEXT, "username": TEXT}),
    _type("Appointment", {"id": TEXT, "resource_id": TEXT, "resource": _one("User"), "type": TEXT}),
    _type("Metadata", _METADATA, key="parent_id, key"),
    _type("ContextCustomAttributeValue", _CUSTOM_VALUE, key="configuration_id, entity_id"),
    _type("CustomAttributeLink", _LINK),
    _type("UserCustomAttributeLink", {**_LINK, "user": _one("User")}, base="CustomAttributeLink"),
    _type("TypedContextLink", {"id": TEXT, "from": _one("TypedContext"), "to": _one("TypedContext")}),
    _type("Choice", {"id": TEXT, "setting": _one("Metadata")}),
]


@pytest.fixture(scope="session")
def schema() -> Schema:
    """The types of ANSWER as a vocabulary."""
    return Schema.from_answer(ANSWER)


@pytest.fixture(scope="session")
def types(schema: Schema) -> Callable[[str], Any]:
    """Entity classes as the query room knows them: by `__entity_type__` and by attributes that are expressions."""

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
    """Make something that is an entity to the query room: it has a reference."""

    class Entity:
        def __init__(self, entity_type: str, *values: str, names: tuple[str, ...] = ("id",)) -> None:
            self.reference = Reference(entity_type, tuple(zip(names, values, strict=True)))

        def __reference__(self) -> Reference:
            return self.reference

    return Entity


class ListRunner:
    """Runs queries on a list of results, honouring offset, limit and page size, and notes what was asked of it."""

    def __init__(self, results: list[Any]) -> None:
        self.results = results
        self.asked: list[str] = []

    def _selected(self, query: Query[Any]) -> list[Any]:
        start = query.node.offset or 0
        return self.results[start:] if query.node.limit is None else self.results[start : start + query.node.limit]

    def pages(self, query: Query[Any]) -> Iterator[list[Any]]:
        selected = self._selected(query)
        for start in range(0, max(len(selected), 1), query.page_size):
            self.asked.append(f"page: {query}")
            yield selected[start : start + query.page_size]

    def rows(self, query: Query[Any]) -> list[dict[str, Any]]:
        self.asked.append(f"rows: {query}")
        return self._selected(query)

    def count(self, query: Query[Any]) -> int:
        self.asked.append(f"count: {query}")
        return len(self._selected(query))


@pytest.fixture
def list_runner() -> Callable[[list[Any]], ListRunner]:
    """Make a runner over a list."""
    return ListRunner
