"""The entities and values that belong to a copy, as data."""

from __future__ import annotations

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.copying.parts import PARTS, copied_scalars, included, is_leaf, parts_of


def test_words_to_include_bring_those_they_need() -> None:
    assert included("versions") == {"versions", "assets"}
    assert included(["tasks", "notes"]) == {"tasks", "notes"}
    assert included([]) == frozenset()
    assert "links" in included("all")
    with pytest.raises(errors.InvalidValue, match=r"'taks'.*Did you mean 'tasks'"):
        included(["taks"])
    with pytest.raises(errors.InvalidValue, match="cannot include 7"):
        included([7])  # type: ignore[list-item]  # which is tested


def test_the_keys_of_all_parts_exist_and_are_copied(session: Session) -> None:
    for part in PARTS:
        entity_type = session.schema.type(part.entity_type)
        assert set(part.keys) | part.ends <= entity_type.attributes.keys()
        assert set(part.keys) <= set(copied_scalars(entity_type))
        assert part.families <= {each.family for each in session.schema.types.values()}


def test_values_of_the_creation_and_derived_ones_are_not_copied(session: Session) -> None:
    shot = copied_scalars(session.schema.type("Shot"))
    assert {"name", "description", "status_id", "thumbnail_id", "parent_id", "start_date"} <= set(shot)
    assert not {"id", "created_at", "created_by_id", "project_id", "object_type_id", "time_logged", "link"} & set(shot)
    assert {"parent_id", "key", "value"} <= set(copied_scalars(session.schema.type("Metadata")))
    assert {"user_id", "date", "version"} <= set(copied_scalars(session.schema.type("AssetVersion")))


def test_a_server_without_a_type_has_no_such_part(session: Session) -> None:
    names = [part.entity_type for part in parts_of("Context", included("all"), session.schema)]
    assert {"Note", "Asset", "Metadata"} <= set(names)
    assert [part.entity_type for part in parts_of("Context", (), session.schema)] == [
        "Metadata",
        "CustomAttributeValue",
    ]
    assert is_leaf("Task")
    assert not is_leaf("Shot")
