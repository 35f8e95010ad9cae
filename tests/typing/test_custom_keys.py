"""The keys of custom attributes and the types of their values are those of entities on a server."""

from __future__ import annotations

import collections.abc
import datetime
import typing
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Session
from ftrack_orm.entities.custom_attributes.configuration import Configuration
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.typing.collecting import collect_content
from ftrack_orm.typing.content import SchemaContent
from ftrack_orm.typing.custom_keys import CustomKey, custom_keys
from tests.typing.studio_content import CONFIGURATIONS, TASK, studio_content

NAMES = {"_typing": typing, "_abc": collections.abc, "_datetime": datetime}


def keys_of(entity_type: str, *configurations: Configuration) -> dict[str, CustomKey]:
    content = SchemaContent.of(studio_content().answer, configurations or CONFIGURATIONS)
    return {key.key: key for key in custom_keys(content.schema.types[entity_type], content)}


def fits(value: Any, annotation: Any) -> bool:
    """Return whether *value* is of the type of an evaluated annotation."""
    arguments = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if annotation is Any:
        return True
    if origin is typing.Literal:
        return value in arguments
    if origin is collections.abc.Sequence:
        return isinstance(value, list) and all(fits(item, arguments[0]) for item in value)
    if arguments:
        return any(fits(value, each) for each in arguments)
    return isinstance(value, (int, float) if annotation is float else annotation)


def test_entities_of_a_server_have_the_keys_and_the_types_of_values(schema_cache: Path) -> None:
    # A server of its own, since other tests configure keys whose options do not fit their defaults.
    with (
        Sandbox(seed="demo") as box,
        Session(box.url, box.api_key, box.api_user, schema_cache_path=schema_cache) as session,
    ):
        content = collect_content(session)
        entities = session.all(
            *(session.query(name).select("custom_attributes").limit(5) for name in ("Shot", "Task", "Project", "User"))
        )
        for entity in (entity for group in entities for entity in group):
            keys = {key.key: key for key in custom_keys(entity.__schema__, content)}
            assert entity.custom_attributes.keys() == keys.keys()
            for key, value in entity.custom_attributes.items():
                if value is not None:  # which can be set, and is not stated for attributes of their own
                    assert fits(value, eval(keys[key].value, dict(NAMES))), (key, keys[key].value, value)


def test_keys_belong_to_the_types_that_they_are_configured_for() -> None:
    assert {name: sorted(keys_of(name)) for name in ("Shot", "Task", "Project", "User")} == {
        "Shot": ["delivery", "duration", "fend", "fstart", "lens", "work"],
        "Task": ["client-code", "is_final", "lens"],
        "Project": ["lens"],
        "User": [],
    }
    assert keys_of("Context").keys() == keys_of("Shot").keys() | keys_of("Task").keys()


def test_types_follow_from_the_kinds() -> None:
    assert {key: (each.value, each.item) for key, each in keys_of("Shot").items()} == {
        "delivery": ("_datetime.datetime", "_t.MomentItem"),
        "duration": ("_typing.Any", "_t.ValueItem[_typing.Any]"),
        "fend": ("int", "_t.NumberItem"),
        "fstart": ("int", "_t.NumberItem"),
        "lens": ("float | None", "_t.NumberItem"),
        "work": (
            "_abc.Sequence[_typing.Literal['cg', 'cleanup', 'roto']]",
            "_t.TextItem[_typing.Literal['cg', 'cleanup', 'roto']]",
        ),
    }
    assert keys_of("Shot")["duration"].assigned == keys_of("Shot")["duration"].set_by_item == ""
    assert keys_of("Task")["is_final"].assigned == "bool | str | None"


@pytest.mark.parametrize("kinds", [("text", "text"), ("text", "number"), ("number", "expression")], ids="-".join)
def test_a_key_that_projects_configure_differently_has_the_union_of_the_types(kinds: tuple[str, str]) -> None:
    first, second = (
        Configuration(kind, "look", "Look", kind, "task", TASK, project_id=project)
        for kind, project in zip(kinds, ("a", "b"), strict=True)
    )
    values = {"text": "str", "number": "float", "expression": "_typing.Any"}
    key = keys_of("Task", first, second)["look"]
    assert key.value == " | ".join(dict.fromkeys(values[kind] for kind in kinds))
    assert key.assigned.endswith(" | None")
    assert "look" not in keys_of("Shot", first, second)
