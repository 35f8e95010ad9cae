from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm.errors import QueryError
from ftrack_orm.query.expressions.free_text import FreeText, free_text
from ftrack_orm.schema.model import Schema


@pytest.mark.parametrize("terms", ["sh010  anim ", ["sh010", "anim"], ("sh010", "anim"), iter(["sh010", "anim"])])
def test_terms_are_the_words_of_a_text_or_given_one_by_one(terms: Any) -> None:
    assert free_text(terms, None, (), None) == FreeText(("sh010", "anim"))
    assert free_text(["sh010 anim"], None, (), None) == FreeText(("sh010 anim",))


def test_contexts_and_object_types_are_entities_or_ids(schema: Schema, entity: Callable[..., Any]) -> None:
    number = uuid.UUID(int=1)
    assert free_text("x", entity("Shot", "s"), ["o", number], schema) == FreeText(("x",), "s", ("o", str(number)))
    assert free_text("x", "s", "o", schema) == FreeText(("x",), "s", ("o",))
    assert free_text("x", None, entity("ObjectType", "o"), None) == FreeText(("x",), None, ("o",))


@pytest.mark.parametrize(
    ("terms", "context", "object_types", "message"),
    [
        ("", None, (), "needs at least one word"),
        ([], None, (), "needs at least one word"),
        (["x", " "], None, (), "' ' is none"),
        (["x", 3], None, (), "3 is none"),
        (None, None, (), "not None"),
        ("x", 3, (), "context takes entities of Context or their ids, not 3"),
        ("x", "", (), "context takes"),
        ("x", None, 3, "object_types takes"),
        ("x", None, [None], "object_types takes"),
    ],
)
def test_what_cannot_be_searched_for_is_refused(terms: Any, context: Any, object_types: Any, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        free_text(terms, context, object_types, None)


def test_entities_of_other_types_are_refused(schema: Schema, entity: Callable[..., Any], shot: Any) -> None:
    with pytest.raises(QueryError, match="context takes entities of Context; a Status is none"):
        free_text("x", entity("Status", "s"), (), schema)
    with pytest.raises(QueryError, match="To find only a Shot, query that type"):
        free_text("x", None, [shot], schema)


def test_it_reads_as_what_is_searched_for() -> None:
    assert str(FreeText(("sh010", "a b"), "c", ("o", "p"))) == (
        "search for 'sh010', 'a b' in context c of object types o, p"
    )
