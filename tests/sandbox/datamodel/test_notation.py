"""The notation of the data model: the keys of relations, errors in a line, and text that is taken literally."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.errors import UsageError
from ftrack_orm.sandbox.datamodel.notation import AttributeDeclaration, NotationError, parse
from ftrack_orm.schema.relations import Derived, ForeignKey, HiddenKey, Inverse, Through


def attribute(line: str) -> AttributeDeclaration:
    (section,) = parse(f"type A\n  {line}\n", "test")
    (described,) = section.attributes
    return described


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
        ("x text", None),
    ],
)
def test_a_line_defines_the_key_of_a_relation(line: str, key: object) -> None:
    assert attribute(line).key == key


def test_sections_keep_their_headings_lists_and_order() -> None:
    second, first = parse(
        "type Shot is TypedContext as Task where kindid = k-1  # a comment\n\n  fixed: bid  # and another\n"
        "block link\n  link text\n  # no attribute\n  with: a b\n",
        "test",
    )
    assert (second.name, second.base, second.alias, second.classifier) == (
        "Shot",
        "TypedContext",
        "Task",
        ("kindid", "k-1"),
    )
    assert (second.is_block, dict(second.lists)) == (False, {"fixed": ("bid",)})
    assert (first.is_block, first.lists["with"], first.attributes[0].name) == (True, ("a", "b"), "link")
    assert (first.position.source, first.position.line) == ("test", 4)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("  x text\n", 1, "needs a `type` or `block`"),
        ("type\n", 1, "is not a heading"),
        ("# about\n\ntipe A\n", 3, "'tipe A' is not a heading"),
        ("type A\n  x\n", 2, "expected the type of the attribute"),
        ("type A\n  x txt\n", 2, "'txt' is not a value type. Did you mean 'text'"),
        ("type A\n  y text\n  x text requird\n", 3, "'requird' is not possible for 'x'. Did you mean 'required'?"),
        ("type A\n  x text by y\n", 2, "'by' is not possible for 'x'"),
        ("type A\n  x text = maybe\n", 2, "a default must be JSON"),
        ("type A\n  x text =\n", 2, "a default must be JSON"),
        ('type A\n  x text "open\n', 2, "cannot be parsed"),
        ("type A\n  x text (a) (b)\n", 2, "two values for: alias"),
        ("type A\n  x [A]\n", 2, "'x' needs a key that its items are found by"),
        ("type A\n  x [A] hidden y\n", 2, "'hidden' does not fit"),
        ("type A\n  x -> A through B y z\n", 2, "'through' does not fit"),
        ("type A\n  x [A] through B y\n", 2, "expected a link type and its two ends, found the end of the line"),
        ("type A\n  x ->\n", 2, "expected the related type"),
        ("type A\n  x text\n  x text\n", 3, "describes 'x' twice"),
        ("type A\n  fixt: x\n", 2, "'fixt' is not a list of a type. Did you mean 'fixed'?"),
        ("type A\n  fixed: x\n  fixed: y\n", 3, "lists 'fixed' twice"),
    ],
)
def test_an_error_names_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(NotationError) as raised:
        parse(text, "test")
    assert str(raised.value).startswith(f"test, line {line}: ")
    assert message in str(raised.value)
    assert (raised.value.source, raised.value.line) == ("test", line)


def test_errors_are_usage_errors_and_survive_pickling() -> None:
    with pytest.raises(UsageError) as raised:
        parse("type A\n  x txt\n", "test")
    copy = pickle.loads(pickle.dumps(raised.value))
    assert (str(copy), copy.line) == (str(raised.value), 2)


@given(st.text(max_size=40))
def test_any_text_after_a_name_is_parsed_or_refused_with_its_line(rest: str) -> None:
    line = " ".join(rest.split())
    try:
        parse(f"type A\n  x {line}\n", "test")
    except NotationError as error:
        assert error.line in (1, 2)


@given(st.text(), st.text())
def test_defaults_and_descriptions_may_be_any_text(default: str, description: str) -> None:
    described = attribute(f"x text = {json.dumps(default)} {json.dumps(description)}")
    assert (described.value_type, described.default, described.description) == ("text", default, description)
