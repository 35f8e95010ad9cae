"""The notation of the data model: what its lines mean, and what is said about those that mean nothing."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.sandbox import datamodel
from ftrack_orm.sandbox.datamodel import DataModel, NotationError
from ftrack_orm.sandbox.relations import Derived, ForeignKey, HiddenKey, Inverse, Through


def read(text: str) -> DataModel:
    return datamodel.read({"test": text})


def described(text: str, name: str = "A") -> dict[str, Any]:
    return next(description for description in read(text).schemas if description["id"] == name)


def attribute(line: str) -> dict[str, Any]:
    """What the answer says about the attribute `x` that *line* describes."""
    said: dict[str, Any] = described(f"type A\n  {line}\ntype B\n  a_id text\n")["properties"]["x"]
    return said


# -- attributes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x text", {"type": "string"}),
        ('x text = ""', {"type": "string", "default": ""}),
        ('x text = "a # (b)"', {"type": "string", "default": "a # (b)"}),
        ("x integer = 0", {"type": "integer", "default": 0}),
        ("x boolean = true (is_x)", {"type": "boolean", "default": True, "alias_for": "is_x"}),
        ("x datetime", {"type": "string", "format": "date-time"}),
        ("x json", {"type": "string", "format": "json"}),
        ("x any", {"type": "variable"}),
        ("x uid", {"type": "string", "default": "{uid}"}),
        ('x red|green = "red"', {"type": "string", "enum": ["red", "green"], "default": "red"}),
        ("x typename", {"type": "string", "transform": {"client": "{schema_id}", "server": "{table_name}"}}),
        ("x text of B", {"type": "string", "format": "foreign_key", "description": "Foreign key(s): B.id"}),
        ("x integer of B.y", {"type": "integer", "format": "foreign_key", "description": "Foreign key(s): B.y"}),
        ("x untyped of B", {"format": "foreign_key", "description": "Foreign key(s): B.id"}),
        (
            "x text of B twofold",
            {"type": "string", "format": "foreign_key", "description": "Foreign key(s): B.id", "$ref": "B"},
        ),
        ("x -> B (own/key)", {"$ref": "B", "alias_for": "own"}),
        ("x [B] by a_id (bs)", {"type": "array", "items": {"$ref": "B"}, "alias_for": "bs"}),
        (
            "x {B} by a_id",
            {
                "type": "mapped_array",
                "items": {"$ref": "B"},
                "key_value_attributes": {"key": "key", "value": "value"},
            },
        ),
        ("x {B} by a_id restricted", {"type": "mapped_array", "items": {"$ref": "B"}, "restricted_projection": True}),
        ('x text "What it is."', {"type": "string", "description": "What it is."}),
        (
            "x text deprecated y",
            {"type": "string", "description": "This attribute has been deprecated, use `y` attribute instead."},
        ),
        ("x   text   # and why", {"type": "string"}),
    ],
)
def test_a_line_says(line: str, said: dict[str, Any]) -> None:
    assert attribute(line) == said


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("x -> B", ForeignKey("x_id")),
        ("x -> B by y", ForeignKey("y")),
        ("x -> B hidden secret", HiddenKey("secret")),
        ("x -> B derived rule", Derived("rule")),
        ("x [B] by a_id", Inverse("a_id")),
        ("x [B] by a_id where kind = big", Inverse("a_id", only=(("kind", "big"),))),
        ("x [B] through Hidden a_id b_id", Through("Hidden", "a_id", "b_id")),
        ("x [B] derived rule", Derived("rule")),
    ],
)
def test_a_relation_is_kept_in(line: str, key: object) -> None:
    model = read(f"type A\n  {line}\ntype B\n  a_id text\n  kind text\n")
    assert model.relations == {("A", "x"): key}


def test_a_relation_declares_the_key_that_keeps_it() -> None:
    properties = described("type A\n  x -> B.b_id (/xid)\ntype B\n")["properties"]
    assert properties["x"] == {"$ref": "B"}
    assert properties["x_id"] == {
        "type": "string", "format": "foreign_key", "description": "Foreign key(s): B.b_id", "alias_for": "xid",
    }  # fmt: skip


def test_a_line_for_the_key_wins_over_the_declared_one() -> None:
    properties = described("type A\n  x -> B\n  x_id integer\ntype B\n")["properties"]
    assert properties["x_id"] == {"type": "integer"}


def test_a_relation_without_a_key_declares_none() -> None:
    properties = described("type A\n  x -> B hidden x_id\n  y -> B derived rule\ntype B\n")["properties"]
    assert set(properties) == {"id", "x", "y"}


# -- types ------------------------------------------------------------------------------------------------------------


def test_the_key_is_id_and_required_and_fixed() -> None:
    assert described("type A\n") == {
        "id": "A", "type": "object", "properties": {"id": {"type": "string", "default": "{uid}"}},
        "primary_key": ["id"], "required": ["id"], "immutable": ["id"], "default_projections": ["id"],
    }  # fmt: skip


def test_another_key_takes_the_place_of_id() -> None:
    type_a = described("type A\n  key: y x\n  x text\n  y text\n")
    assert type_a["primary_key"] == ["y", "x"] == type_a["default_projections"]
    assert type_a["required"] == type_a["immutable"] == ["x", "y"]
    assert "id" not in type_a["properties"]


def test_required_speaks_of_a_relations_key_and_fixed_of_both() -> None:
    type_a = described("type A\n  id uid optional\n  x -> B required fixed\ntype B\n")
    assert type_a["required"] == ["x_id"]
    assert type_a["immutable"] == ["id", "x", "x_id"]


def test_lists_add_to_what_lines_say() -> None:
    type_a = described("type A\n  required: z\n  fixed: x\n  computed: y\n  x text required\n  y text\n")
    assert (type_a["required"], type_a["immutable"], type_a["computed"]) == (["id", "x", "z"], ["id", "x"], ["y"])


def test_a_base_passes_on_everything_and_a_line_replaces_its_namesake() -> None:
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


def test_blocks_are_taken_in_also_by_blocks() -> None:
    text = "block b\n  with: c\n  fixed: x\n  x text\nblock c\n  y text\ntype A\n  with: b\n"
    assert set(described(text)["properties"]) == {"id", "x", "y"}
    assert described(text)["immutable"] == ["id", "x"]
    assert [description["id"] for description in read(text).schemas] == ["A"]


def test_a_subtype_is_told_by_the_column_its_attribute_is_kept_in() -> None:
    type_a = described("type Base as Internal\n  kind text (kindid)\ntype A is Base where kindid = k-1\n")
    assert type_a["alias_for"] == {"id": "Internal", "classifiers": {"kindid": "k-1"}}
    assert type_a["properties"]["kind"]["default"] == "k-1"


# -- slips of the pen -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("  x text\n", 1, "needs a `type` or `block`"),
        ("type\n", 1, "is no heading"),
        ("# about\n\ntipe A\n", 3, "'tipe A' is no heading"),
        ("type A\n  x\n", 2, "expected what the attribute holds"),
        ("type A\n  x txt\n", 2, "'txt' is no type of value. Did you mean 'text'"),
        ("type A\n  y text\n  x text requird\n", 3, "'requird' says nothing about 'x'. Did you mean 'required'?"),
        ("type A\n  x text by y\n", 2, "'by' says nothing about 'x'"),
        ("type A\n  x text = maybe\n", 2, "a default is written as JSON"),
        ("type A\n  x text =\n", 2, "a default is written as JSON"),
        ('type A\n  x text "open\n', 2, "cannot be read"),
        ("type A\n  x text (a) (b)\n", 2, "two values for: alias"),
        ("type A\n  x [A]\n", 2, "does not say how its items are found"),
        ("type A\n  x [A] hidden y\n", 2, "'hidden' does not fit"),
        ("type A\n  x -> A through B y z\n", 2, "'through' does not fit"),
        ("type A\n  x [A] through B y\n", 2, "expected a link type and its two ends, found the end of the line"),
        ("type A\n  x ->\n", 2, "expected the related type"),
        ("type A\n  x text\n  x text\n", 3, "describes 'x' twice"),
        ("type A\n  fixt: x\n", 2, "nothing a type can list. Did you mean 'fixed'?"),
        ("type A\n  fixed: x\n  fixed: y\n", 3, "lists 'fixed' twice"),
        ("type A\ntype A\n", 2, "described twice"),
        ("type Base\ntype A is Bass\n", 2, "there is no type 'Bass'. Did you mean 'Base'?"),
        ("block b\ntype A is b\n", 2, "there is no type 'b'"),
        ("type A\n  with: nothing\n", 1, "there is no block 'nothing'"),
        ("type A is B\ntype B is A\n", 1, "made of itself: A in B in A"),
        ("type A\n  x -> Missing\n", 2, "there is no type 'Missing'"),
        ("type A\n  xs [B] by ab_id\ntype B\n  a_id text\n", 2, "B has no attribute 'ab_id'. Did you mean 'a_id'"),
        ("type A\n  xs [B] by a_id where k = 1\ntype B\n  a_id text\n", 2, "B has no attribute 'k'"),
        ("type A\n  xs [A] through B near far\ntype B\n  near text\n", 2, "B has no attribute 'far'"),
        ("type A\n  key: x\n", 1, "A has no attribute 'x' for its key"),
        ("type B\n  k text\ntype A is B where kid = 1\n", 3, "needs a base and an attribute that is kept in (kid)"),
    ],
)
def test_a_slip_is_reported_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(NotationError) as raised:
        read(text)
    assert str(raised.value).startswith(f"test, line {line}: ")
    assert message in str(raised.value)
    assert (raised.value.source, raised.value.line) == ("test", line)


def test_a_slip_in_a_block_names_the_block_and_not_its_users() -> None:
    with pytest.raises(NotationError, match=r"^blocks, line 2: there is no type 'Nowhere'"):
        datamodel.read({"blocks": "block b\n  x -> Nowhere\n", "types": "type A\n  with: b\n"})


def test_errors_survive_pickling() -> None:
    with pytest.raises(NotationError) as raised:
        read("type A\n  x txt\n")
    copy = pickle.loads(pickle.dumps(raised.value))
    assert (str(copy), copy.line) == (str(raised.value), 2)


@given(st.text(max_size=40))
def test_any_text_after_a_name_is_read_or_refused_with_its_line(rest: str) -> None:
    line = " ".join(rest.split())
    try:
        read(f"type A\n  x {line}\n")
    except NotationError as error:
        assert error.line in (1, 2)


@given(st.text(), st.text())
def test_defaults_and_descriptions_may_be_any_text(default: str, description: str) -> None:
    said = attribute(f"x text = {json.dumps(default)} {json.dumps(description)}")
    assert said == {"type": "string", "default": default, "description": description}
