"""Flat rows have the values that the entities of the same query show, for any columns of any type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_orm import Session
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType
from ftrack_orm.schema.model import Schema
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation
from tests.fakes.transports import ForwardingTransport
from tests.property_settings import examples

TYPES = ("Task", "Shot", "Project", "AssetVersion", "Asset", "User", "Note", "FileComponent", "TypedContext", "Type")
LONGEST_PATH = 4
#: Results of each query; enough for entities that recur within a result.
LIMIT = 12


@pytest.fixture(scope="module")
def demo() -> Iterator[SimpleNamespace]:
    with (
        Sandbox(seed="demo", tasks=40) as box,
        Session(box.url, box.api_key, box.api_user) as session,
        Session(box.url, box.api_key, box.api_user, schema_cache_path=False, transport=GroupsOnly(box)) as other,
    ):
        yield SimpleNamespace(session=session, schema=session.schema, other=other)


class GroupsOnly(ForwardingTransport):
    """Marks priorities as the only type that the embedded server groups."""

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        response = super().send(request, cancellation)
        replies = json.loads(response.read())
        for reply in replies:
            if isinstance(reply, list):
                for listed in reply:
                    listed["metadata"] = {"group_by": listed["id"] == "Priority"}
        return Response(response.status, {"content-type": "application/json"}, json.dumps(replies).encode())


def is_column(attribute: Attribute) -> bool:
    """Whether a column can end on an attribute. The objects are URLs with signatures of the moment."""
    if attribute.kind is Kind.MAPPING:
        return True
    return attribute.kind is Kind.SCALAR and attribute.value_type is not ValueType.OBJECT


def draw_path(data: st.DataObject, schema: Schema, entity_type: str) -> str:
    steps: list[str] = []
    while True:
        attributes = [each for each in schema.type(entity_type).attributes.values() if not each.restricted]
        relations = [each for each in attributes if each.kind in (Kind.REFERENCE, Kind.COLLECTION)]
        relations = [each for each in relations if str(each.target) in schema.types]
        is_last = len(steps) == LONGEST_PATH - 1 or not relations or data.draw(st.booleans())
        candidates = [each for each in attributes if is_column(each)] if is_last else relations
        name = data.draw(st.sampled_from([each.name for each in candidates]))
        steps.append(name)
        if is_last:
            return ".".join(steps)
        entity_type = str(schema.type(entity_type).attributes[name].target)


def shown(entity: Any, path: str, schema: Schema) -> Any:
    """Return the value that *entity* shows at *path*: a tuple of values if it leads through a collection."""
    steps = path.split(".")
    kinds, entity_type = [], entity.__entity_type__
    for name in steps:
        attribute = schema.type(entity_type).attributes[name]
        kinds.append(attribute.kind)
        entity_type = str(attribute.target)
    values = tuple(values_at(entity, steps, in_collection=False))
    return values if Kind.COLLECTION in kinds else next(iter(values), None)


def values_at(entity: Any, steps: list[str], *, in_collection: bool) -> Iterator[Any]:
    name, *rest = steps
    attribute = entity.__schema__.attributes.get(name)
    value: Any = None if attribute is None else entity[name]
    if not rest:
        yield dict(value) if attribute is not None and attribute.kind is Kind.MAPPING else value
    elif attribute is not None and attribute.kind is Kind.COLLECTION:
        for item in value:
            yield from values_at(item, rest, in_collection=True)
    elif value is not None:
        yield from values_at(value, rest, in_collection=in_collection)
    elif in_collection:
        yield None


@settings(max_examples=examples(15, 400), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rows_have_the_values_that_entities_show(demo: SimpleNamespace, data: st.DataObject) -> None:
    session, schema = demo.session, demo.schema
    entity_type = data.draw(st.sampled_from(TYPES))
    paths = [draw_path(data, schema, entity_type) for _ in range(3)]
    query = session.query(entity_type).order_by("id").limit(LIMIT)
    entities = query.select(*paths).all()
    rows = query.with_page_size(data.draw(st.sampled_from([5, 500]))).rows(*paths)
    assert len(rows) == len(entities)
    for entity, row in zip(entities, rows, strict=True):
        for path, value in zip(paths, row, strict=True):
            expected = shown(entity, path, schema)
            if isinstance(expected, tuple) and isinstance(value, tuple):
                # The order within a collection is not specified.
                assert sorted(map(repr, value)) == sorted(map(repr, expected)), (entity, path)
            else:
                assert value == expected, (entity, path)


GROUP_KEYS = {
    "Task": ["status.name", "type_id", "parent.name", "bid", "end_date", "priority.value", "description"],
    "AssetVersion": ["status.name", "is_published", "user.username", "asset.type.name", "version", "task.name"],
    "Note": ["author.id", "category.name", "is_todo", "parent_type"],
}
AGGREGATED = {
    "Task": ["count(id)", "sum(bid)", "avg(bid)", "max(end_date)", "min(name)", "count(priority.name)", "max(bid)"],
    "AssetVersion": ["count(id)", "max(version)", "avg(version)", "min(date)", "max(comment)", "count(task.id)"],
    "Note": ["count(id)", "min(content)", "max(date)", "count(completed_at)"],
}


@settings(max_examples=examples(15, 300), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_groups_made_here_are_those_of_a_server(demo: SimpleNamespace, data: st.DataObject) -> None:
    entity_type = data.draw(st.sampled_from(sorted(GROUP_KEYS)))
    keys = data.draw(st.lists(st.sampled_from(GROUP_KEYS[entity_type]), min_size=1, max_size=3, unique=True))
    aggregates = data.draw(st.lists(st.sampled_from(AGGREGATED[entity_type]), max_size=3, unique=True))
    query = demo.session.query(entity_type).group_by(*keys).select(*aggregates)
    for key in data.draw(st.lists(st.sampled_from([*keys, "count(id)"]), max_size=3, unique=True)):
        query = query.order_by(f"{key} {data.draw(st.sampled_from(['asc', 'desc']))}")
    query = query.offset(data.draw(st.integers(0, 3))).limit(data.draw(st.none() | st.integers(0, 4)))
    if data.draw(st.booleans()):
        query = query.having(data.draw(st.sampled_from(["count(id) > 1", f"{keys[0]} is_not none"])))
    here = query.bind(demo.other.schema, demo.other.query("Priority").runner)
    assert here.all() == query.all()
