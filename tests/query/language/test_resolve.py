from __future__ import annotations

import pytest

from ftrack_orm.errors import QueryError, UnknownAttribute, UnknownEntityType
from ftrack_orm.query.language.checks import check_select
from ftrack_orm.query.language.nodes import Path, Step
from ftrack_orm.query.language.parser import parse
from ftrack_orm.query.language.resolve import check_entity_type, resolve_next, resolve_path, resolve_step
from ftrack_orm.schema.model import Schema


def test_a_path_ends_at_an_attribute_and_a_relation_leads_to_its_target_or_cast(schema: Schema) -> None:
    name = schema.type("Status").attributes["name"]
    assert resolve_path(Path.of("status", "name"), "Task", schema).attribute is name
    assert resolve_path(Path.of("status", "name"), "Task", schema).target is None
    assert resolve_path(Path.of("parent"), "Task", schema).target == "Context"
    assert resolve_path(Path((Step("parent", "Shot"),)), "Task", schema).target == "Shot"


def test_an_attribute_of_a_subtype_needs_no_cast(schema: Schema) -> None:
    check_select(
        parse("select parent.status.name from Task where parent.status.name is x order by parent.status.name"), schema
    )
    assert resolve_path(Path.of("parent", "status"), "Task", schema).target == "Status"
    assert resolve_path(Path.of("full_name"), "Context", schema).target is None
    assert resolve_path(Path.of("user"), "CustomAttributeLink", schema).target == "User"


def test_an_attribute_that_no_subtype_has_is_refused(schema: Schema) -> None:
    with pytest.raises(UnknownAttribute, match="Context has no attribute 'nonsense'"):
        resolve_path(Path.of("parent", "nonsense"), "Task", schema)


def test_a_path_knows_whether_it_leads_through_a_collection(schema: Schema) -> None:
    assert resolve_path(Path.of("children", "parent", "name"), "Task", schema).through_collection
    assert not resolve_path(Path.of("parent", "name"), "Task", schema).through_collection


def test_a_path_can_be_resolved_step_by_step(schema: Schema) -> None:
    path = Path.of("children", "parent", "name")
    resolved = resolve_step(path.steps[0], "Task", schema)
    for index in (1, 2):
        resolved = resolve_next(resolved, path, index, "Task", schema)
    assert resolved == resolve_path(path, "Task", schema)


def test_values_of_plain_types_need_no_check(schema: Schema) -> None:
    assert resolve_path(Path.of("name"), "Task", schema).plain_types == {str}
    assert resolve_path(Path.of("bid"), "Task", schema).plain_types == {int}
    assert resolve_path(Path.of("status"), "Task", schema).plain_types == set()
    assert resolve_path(Path.of("custom_attributes", "value"), "Task", schema).value_type == "any"


def test_errors_have_the_position_of_the_path(schema: Schema) -> None:
    with pytest.raises(UnknownEntityType, match="Did you mean 'Task'") as unknown:
        check_entity_type("Tsk", schema, position=3)
    assert unknown.value.details["position"] == 3
    with pytest.raises(QueryError, match="Context, which can never be a User") as impossible:
        resolve_path(Path((Step("parent", "User"),), position=7), "Task", schema)
    assert impossible.value.position == 7
