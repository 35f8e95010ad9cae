"""Names that a package expects and that the server has lost are explained where errors look for near names."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.errors import UnknownAttribute, UnknownEntityType, suggestion
from ftrack_orm.query.builder import Query
from ftrack_orm.schema.lost_names import KnownNames, with_lost_names
from ftrack_orm.schema.model import Schema
from tests.schema.small_schema import small_schema


def schemas() -> tuple[Schema, Schema]:
    """Return the schema of a server, and the earlier one that has `Task.bygone` and the type `Relic` besides."""
    answer: list[dict[str, Any]] = small_schema()
    now = Schema.from_response(answer)
    task = next(each for each in answer if each["id"] == "Task")
    earlier = {**task, "properties": {**task["properties"], "bygone": {"type": "string"}}}
    relic = {"id": "Relic", "type": "object", "properties": {"id": {"type": "string"}}, "primary_key": ["id"]}
    return now, Schema.from_response([*(each for each in answer if each is not task), earlier, relic])


def test_errors_say_that_the_server_has_lost_an_attribute_or_a_type() -> None:
    now, earlier = schemas()
    schema = with_lost_names(now, earlier, "studio")
    lost = "The server has lost it since the package studio was written"
    with pytest.raises(UnknownAttribute, match=f"'bygone'.*{lost}"):
        schema.type("Task").attribute("bygone")
    with pytest.raises(UnknownEntityType, match=f"'Relic'.*{lost}"):
        schema.type("Relic")
    with pytest.raises(UnknownAttribute, match=lost):
        Query.from_text("Task where bygone is x", schema)
    with pytest.raises(UnknownAttribute, match="Did you mean 'name'") as caught:
        schema.type("Task").attribute("nmae")
    assert lost not in str(caught.value)


def test_the_schema_is_otherwise_the_same() -> None:
    now, earlier = schemas()
    schema = with_lost_names(now, earlier, "studio")
    assert dict(schema.types["Task"].attributes) == dict(now.types["Task"].attributes)
    assert schema.types["Project"] is now.types["Project"]
    assert (schema.answer, schema.subtypes, schema.hash) == (now.answer, now.subtypes, now.hash)


def test_only_lost_names_are_explained() -> None:
    known = KnownNames({"name": 1}, {"bygone"}, "studio")
    assert known.explain("nmae") == ""
    assert "lost" in suggestion("bygone", known)
    assert suggestion("nmae", known) == suggestion("nmae", {"name": 1}) != ""
