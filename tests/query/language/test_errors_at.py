from __future__ import annotations

from ftrack_orm.errors import QueryError, UnknownAttribute
from ftrack_orm.query.language.errors_at import excerpt_at, with_excerpt


def character_at_caret(excerpt: str) -> str:
    text, caret = excerpt.splitlines()
    return text[caret.index("^")]


def test_the_caret_is_below_the_character_at_the_position() -> None:
    assert excerpt_at("name foo x", 5) == "  name foo x\n       ^"


def test_long_texts_are_cut_on_both_sides() -> None:
    text = "a" * 1000 + "X" + "b" * 1000
    excerpt = excerpt_at(text, 1000)
    assert len(excerpt.splitlines()[0]) < 120
    assert character_at_caret(excerpt) == "X"
    assert excerpt.splitlines()[0].startswith("  ...a")
    assert excerpt.splitlines()[0].endswith("b...")


def test_line_breaks_do_not_move_the_caret() -> None:
    assert character_at_caret(excerpt_at("Task\nwhere\n\tX is 1", 12)) == "X"


def test_an_error_with_an_excerpt_keeps_its_class_and_details() -> None:
    error = with_excerpt(UnknownAttribute("No such name.", attribute="b", position=2), "a b")
    assert isinstance(error, UnknownAttribute)
    assert (str(error), error.details) == ("No such name.\n  a b\n    ^", {"attribute": "b", "position": 2})


def test_an_error_without_position_is_returned_unchanged() -> None:
    error = QueryError("Another error.")
    assert with_excerpt(error, "a b") is error
