"""The types and the hierarchy of the contexts of the demo."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.sandbox.seeds.demo.context_writer import substitute_type
from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.schema.model import Schema


def context_tables(*names: str) -> Tables:
    """Return tables of context types only; `Shot<TypedContext` is a type with a base."""
    schemas = [
        {
            "id": name,
            "properties": {"id": {"type": "string", "default": "{uid}"}, "name": {"type": "string"}},
            "primary_key": ["id"],
            "alias_for": {"id": "Task", "classifiers": {"name": name}} if base else None,
            **({"$mixin": {"$ref": base}} if base else {}),
        }
        for name, _, base in (name.partition("<") for name in names)
    ]
    return Tables(Schema.from_response(schemas), {})


def test_a_type_of_the_schema_is_used_as_it_is() -> None:
    assert substitute_type(context_tables("Context", "TypedContext<Context", "Shot<TypedContext"), "Shot") == "Shot"


def test_another_container_replaces_a_type_that_the_schema_lacks() -> None:
    names = ("Context", "TypedContext<Context", "Task<TypedContext", "Scene<TypedContext")
    assert substitute_type(context_tables(*names, "Folder<TypedContext"), "Shot") == "Folder"
    assert substitute_type(context_tables(*names), "Shot") == "Scene"


def test_a_schema_without_containers_is_refused_by_name() -> None:
    with pytest.raises(SandboxUnsupported, match="Shot"):
        substitute_type(context_tables("Context", "TypedContext<Context", "Task<TypedContext"), "Shot")


def test_every_context_is_in_the_closure_with_its_whole_path_up_to_a_project(
    demo: sa.Connection, ftrack_tables: Tables
) -> None:
    context, closure = ftrack_tables.table("Context"), ftrack_tables.closure
    parents = dict(demo.execute(sa.select(context.c.id, context.c.parent_id)).all())
    expected = set()
    for id_ in parents:
        ancestor: str | None = id_
        depth = 0
        while ancestor is not None:
            expected.add((ancestor, id_, depth))
            ancestor, depth = parents[ancestor], depth + 1
    assert set(demo.execute(sa.select(closure)).all()) == expected


def test_a_context_belongs_to_the_project_at_the_root_of_its_path(demo: sa.Connection, ftrack_tables: Tables) -> None:
    context, closure = ftrack_tables.table("Context"), ftrack_tables.closure
    root = context.alias()
    statement = (
        sa.select(sa.func.count())
        .select_from(context)
        .join(closure, closure.c.descendant_id == context.c.id)
        .join(root, root.c.id == closure.c.ancestor_id)
        .where(root.c.parent_id.is_(None), context.c.project_id != root.c.id)
    )
    assert demo.execute(statement).scalar() == 0
