"""Entity types assembled from sections: keys, bases, blocks and lists, and errors between sections."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.sandbox import datamodel
from ftrack_orm.sandbox.datamodel import DataModel, NotationError


def read(text: str) -> DataModel:
    return datamodel.read({"test": text})


def described(text: str, name: str = "A") -> dict[str, Any]:
    return next(description for description in read(text).schemas if description["id"] == name)


# -- keys -------------------------------------------------------------------------------------------------------------


def test_the_key_is_id_and_required_and_fixed() -> None:
    assert described("type A\n") == {
        "id": "A", "type": "object", "properties": {"id": {"type": "string", "default": "{uid}"}},
        "primary_key": ["id"], "required": ["id"], "immutable": ["id"], "default_projections": ["id"],
    }  # fmt: skip


def test_another_key_replaces_id() -> None:
    type_a = described("type A\n  key: y x\n  x text\n  y text\n")
    assert type_a["primary_key"] == ["y", "x"] == type_a["default_projections"]
    assert type_a["required"] == type_a["immutable"] == ["x", "y"]
    assert "id" not in type_a["properties"]


def test_a_relation_declares_its_foreign_key() -> None:
    properties = described("type A\n  x -> B.b_id (/xid)\ntype B\n")["properties"]
    assert properties["x"] == {"$ref": "B"}
    assert properties["x_id"] == {
        "type": "string", "format": "foreign_key", "description": "Foreign key(s): B.b_id", "alias_for": "xid",
    }  # fmt: skip


def test_a_line_for_the_foreign_key_takes_precedence_over_the_declared_one() -> None:
    properties = described("type A\n  x -> B\n  x_id integer\ntype B\n")["properties"]
    assert properties["x_id"] == {"type": "integer"}


def test_a_relation_without_a_foreign_key_declares_no_attribute() -> None:
    properties = described("type A\n  x -> B hidden x_id\n  y -> B derived rule\ntype B\n")["properties"]
    assert set(properties) == {"id", "x", "y"}


# -- bases, blocks and lists ------------------------------------------------------------------------------------------


def test_required_applies_to_a_relations_key_and_fixed_to_both() -> None:
    type_a = described("type A\n  id uid optional\n  x -> B required fixed\ntype B\n")
    assert type_a["required"] == ["x_id"]
    assert type_a["immutable"] == ["id", "x", "x_id"]


def test_lists_add_to_flags() -> None:
    type_a = described("type A\n  required: z\n  fixed: x\n  computed: y\n  x text required\n  y text\n")
    assert (type_a["required"], type_a["immutable"], type_a["computed"]) == (["id", "x", "z"], ["id", "x"], ["y"])


def test_a_base_is_inherited_and_a_line_replaces_its_namesake() -> None:
    type_a = described(
        "type A is Base as Internal\n  fixed: x\n  y integer\n"
        "type Base as Other\n  fixed: y\n  default projections: x\n  system projections: z\n"
        "  x text\n  y text required\n"
    )
    assert type_a["alias_for"] == "Internal"
    assert type_a["properties"]["x"] == {"type": "string"}
    assert type_a["properties"]["y"] == {"type": "integer"}
    assert type_a["immutable"] == ["id", "x", "y"]
    assert type_a["required"] == ["id"]
    assert type_a["default_projections"] == ["x"]
    assert type_a["system_projections"] == ["z"]


def test_types_and_blocks_include_blocks() -> None:
    text = "block b\n  with: c\n  fixed: x\n  x text\nblock c\n  y text\ntype A\n  with: b\n"
    assert set(described(text)["properties"]) == {"id", "x", "y"}
    assert described(text)["immutable"] == ["id", "x"]
    assert [description["id"] for description in read(text).schemas] == ["A"]


def test_a_subtype_is_distinguished_by_the_column_of_its_attribute() -> None:
    type_a = described("type Base as Internal\n  kind text (kindid)\ntype A is Base where kindid = k-1\n")
    assert type_a["alias_for"] == {"id": "Internal", "classifiers": {"kindid": "k-1"}}
    assert type_a["properties"]["kind"]["default"] == "k-1"


# -- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("type A\ntype A\n", 2, "described twice"),
        ("type Base\ntype A is Bass\n", 2, "there is no type 'Bass'. Did you mean 'Base'?"),
        ("block b\ntype A is b\n", 2, "there is no type 'b'"),
        ("type A\n  with: nothing\n", 1, "there is no block 'nothing'"),
        ("type A is B\ntype B is A\n", 1, "includes itself: A in B in A"),
        ("type A\n  x -> Missing\n", 2, "there is no type 'Missing'"),
        ("type A\n  xs [B] by ab_id\ntype B\n  a_id text\n", 2, "B has no attribute 'ab_id'. Did you mean 'a_id'"),
        ("type A\n  xs [B] by a_id where k = 1\ntype B\n  a_id text\n", 2, "B has no attribute 'k'"),
        ("type A\n  xs [A] through B near far\ntype B\n  near text\n", 2, "B has no attribute 'far'"),
        ("type A\n  key: x\n", 1, "A has no attribute 'x' for its key"),
        ("type B\n  k text\ntype A is B where kid = 1\n", 3, "needs a base and an attribute that is stored in (kid)"),
    ],
)
def test_an_error_names_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(NotationError) as raised:
        read(text)
    assert str(raised.value).startswith(f"test, line {line}: ")
    assert message in str(raised.value)
    assert (raised.value.source, raised.value.line) == ("test", line)


def test_an_error_in_a_block_names_the_block_and_not_its_users() -> None:
    with pytest.raises(NotationError, match=r"^blocks, line 2: there is no type 'Nowhere'"):
        datamodel.read({"blocks": "block b\n  x -> Nowhere\n", "types": "type A\n  with: b\n"})
