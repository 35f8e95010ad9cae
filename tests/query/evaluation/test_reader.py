from __future__ import annotations

import pytest

from ftrack_orm.errors import NotFetched, QueryError
from ftrack_orm.query.evaluation.access import read_loaded
from ftrack_orm.query.evaluation.reader import ValueReader
from ftrack_orm.query.language.nodes import Step
from ftrack_orm.query.language.resolve import resolve_step
from ftrack_orm.schema.model import Schema
from ftrack_orm.values import NOT_LOADED, Reference

from .entities import Loaded, matches, task


def test_only_loaded_values_of_entities_are_read(schema: Schema) -> None:
    status = Loaded("Status", "done")
    entity = Loaded("Task", "t1", name="comp", status=status, metadata={"kind": "hero"})
    assert matches('id is "t1" and status is "done" and status.id is "done"', entity, schema)
    assert matches('metadata any (key is "kind" and value is "hero") and metadata.key is "kind"', entity, schema)
    assert matches('metadata.value is "hero"', entity)
    with pytest.raises(NotFetched, match=r"'name' of .* is not loaded") as caught:
        matches('status.name is "Done"', entity, schema)
    assert (caught.value.details["entity_type"], caught.value.details["attribute"]) == ("Status", "name")


def test_only_the_primary_key_of_a_reference_is_read(schema: Schema) -> None:
    assert matches('id is "t1"', Reference("Task", (("id", "t1"),)), schema)
    with pytest.raises(NotFetched):
        matches('name is "t1"', Reference("Task", (("id", "t1"),)), schema)


def test_values_are_read_with_the_function_given(schema: Schema) -> None:
    assert matches('name is "x"', object(), read=lambda holder, name: {"name": "X"}[name])


def test_a_cast_needs_the_types_of_both_sides() -> None:
    with pytest.raises(QueryError, match="it has no type"):
        matches("parent[Shot].name is x", {"parent": {"name": "x"}})
    with pytest.raises(QueryError, match="it is a Task"):
        matches("parent[Shot].name is x", {"parent": {"__entity_type__": "Task", "name": "x"}})


def test_a_lenient_reader_returns_that_a_value_is_not_loaded(schema: Schema) -> None:
    step = Step("name")
    assert ValueReader(schema, read_loaded, is_lenient=True).value(task(), step, None) is NOT_LOADED
    with pytest.raises(NotFetched, match=r"'name' of .* is not loaded"):
        ValueReader(schema, read_loaded, is_lenient=False).value(task(), step, None)


def test_items_and_related_entities_are_restricted_to_the_type_of_a_cast(schema: Schema) -> None:
    reader = ValueReader(schema, read_loaded, is_lenient=False)
    step = Step("children", "Shot")
    shot, project = Reference("Shot", (("id", "s"),)), Reference("Project", (("id", "p"),))
    assert reader.items([shot, project], step, resolve_step(step, "Task", schema)) == [shot]
    assert (reader.cast(shot, Step("parent", "Shot")), reader.cast(project, Step("parent", "Shot"))) == (shot, None)
