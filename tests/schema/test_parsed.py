"""The schemas that the sessions of a process share."""

from __future__ import annotations

import gc
import weakref

from ftrack_orm.schema.model import Schema
from ftrack_orm.schema.parsed import ParsedSchemas


def schema(name: str) -> Schema:
    return Schema.from_response([{"id": name, "primary_key": ["id"], "properties": {}}])


def test_the_most_recently_added_schemas_are_kept() -> None:
    parsed = ParsedSchemas(2)
    schemas = {name: schema(name) for name in "abc"}
    for name, each in schemas.items():
        parsed.add(name, each)
    assert parsed.get("a") is None
    assert (parsed.get("b"), parsed.get("c")) == (schemas["b"], schemas["c"])


def test_a_schema_that_is_added_again_replaces_the_equal_one() -> None:
    parsed = ParsedSchemas(2)
    first, second, other = schema("a"), schema("a"), schema("b")
    for name, each in (("b", other), ("a", first), ("a", second)):
        parsed.add(name, each)
    assert (parsed.get("a"), parsed.get("b")) == (second, other)


def test_a_schema_that_is_not_kept_any_more_is_freed() -> None:
    parsed = ParsedSchemas(1)
    parsed.add("a", schema("a"))
    kept = weakref.ref(parsed.get("a") or parsed)
    parsed.add("b", schema("b"))
    gc.collect()
    assert kept() is None
