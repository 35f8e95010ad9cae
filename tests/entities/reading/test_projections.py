"""The paths that queries without projections, and paths that end on relations, are completed to."""

from __future__ import annotations

import pytest

from ftrack_orm.entities.reading.projections import complete_projections, default_paths, expand_path, stored_scalars
from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.query.language.nodes import Path
from ftrack_orm.query.language.parser import parse
from ftrack_orm.schema.model import Schema

from .small_schema import small_schema


@pytest.fixture(scope="module")
def schema() -> Schema:
    return small_schema()


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("Task", "select name from Task"),
        ("Metadata", "select parent_id, key from Metadata"),
        ("select status from Task", "select status.id, status.name, status.color from Task"),
        ("select status, status.name, id from Task", "select status.id, status.name, status.color, id from Task"),
        ("select children.metadata from Task", "select children.metadata.key, children.metadata.value from Task"),
        ("select children[Task].status.name from Task", "select children[Task].status.name from Task"),
        ("select nowhere.name from Task", "select nowhere.name from Task"),
    ],
)
def test_the_projections_of_a_query_are_completed(schema: Schema, text: str, completed: str) -> None:
    assert compile_select(complete_projections(parse(text), schema)) == completed


def test_a_relation_is_expanded_by_its_kind(schema: Schema) -> None:
    task = schema.type("Task")
    assert expand_path(schema, task, Path.of("name")) == [Path.of("name")]
    assert expand_path(schema, task, Path.of("children")) == [Path.of("children", "name")]
    assert expand_path(schema, task, Path.of("metadata")) == [Path.of("metadata", "key"), Path.of("metadata", "value")]
    assert [path.steps[-1].name for path in expand_path(schema, task, Path.of("status"))] == ["id", "name", "color"]


def test_the_default_paths_are_the_key_where_the_schema_names_no_projections(schema: Schema) -> None:
    assert default_paths(schema.type("Status")) == [Path.of("name"), Path.of("color")]
    assert default_paths(schema.type("Metadata")) == [Path.of("parent_id"), Path.of("key")]


def test_objects_and_relations_are_not_among_the_stored_scalars(schema: Schema) -> None:
    assert {"id", "name", "due"} <= set(stored_scalars(schema.type("Task")))
    assert not {"data", "status", "children", "metadata"}.intersection(stored_scalars(schema.type("Task")))
