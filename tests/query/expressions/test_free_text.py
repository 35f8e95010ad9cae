from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm.errors import QueryError
from ftrack_orm.query.expressions.free_text import FreeText, build_free_text
from ftrack_orm.schema.model import Schema


@pytest.mark.parametrize("terms", ["sh010  anim ", ["sh010", "anim"], ("sh010", "anim"), iter(["sh010", "anim"])])
def test_terms_are_the_words_of_a_text_or_the_items_of_an_iterable(terms: Any) -> None:
    assert build_free_text(terms, None, (), None) == FreeText(("sh010", "anim"))
    assert build_free_text(["sh010 anim"], None, (), None) == FreeText(("sh010 anim",))


def test_contexts_and_object_types_are_entities_or_ids(schema: Schema, entity: Callable[..., Any]) -> None:
    number = uuid.UUID(int=1)
    assert build_free_text("x", entity("Shot", "s"), ["o", number], schema) == FreeText(("x",), "s", ("o", str(number)))
    assert build_free_text("x", "s", "o", schema) == FreeText(("x",), "s", ("o",))
    assert build_free_text("x", None, entity("ObjectType", "o"), None) == FreeText(("x",), None, ("o",))


@pytest.mark.parametrize(
    ("terms", "context", "object_types", "message"),
    [
        ("", None, (), "needs at least one term"),
        ([], None, (), "needs at least one term"),
        (["x", " "], None, (), "search terms must not be blank, as ' ' is"),
        (["x", 3], None, (), "search terms must be text, not 3"),
        (None, None, (), "not None"),
        ("x", 3, (), "context takes Context entities or their ids, not 3"),
        ("x", "", (), "context takes"),
        ("x", None, 3, "object_types takes"),
        ("x", None, [None], "object_types takes"),
    ],
)
def test_invalid_arguments_are_refused(terms: Any, context: Any, object_types: Any, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        build_free_text(terms, context, object_types, None)


def test_entities_of_other_types_are_refused(schema: Schema, entity: Callable[..., Any], shot: Any) -> None:
    with pytest.raises(QueryError, match="context takes Context entities or their ids, not a Status"):
        build_free_text("x", entity("Status", "s"), (), schema)
    with pytest.raises(QueryError, match="To find only a Shot, query that type"):
        build_free_text("x", None, [shot], schema)


def test_the_text_names_terms_context_and_object_types() -> None:
    assert str(FreeText(("sh010", "a b"), "c", ("o", "p"))) == (
        "search for 'sh010', 'a b' in context c of object types o, p"
    )
