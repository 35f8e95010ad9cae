from __future__ import annotations

from ftrack_orm.errors import QueryError, UnknownAttribute
from ftrack_orm.query.language.errors_at import located, pointed


def character_at_caret(shown: str) -> str:
    line, caret = shown.splitlines()
    return line[caret.index("^")]


def test_the_caret_is_below_the_character_meant() -> None:
    assert pointed("name foo x", 5) == "  name foo x\n       ^"


def test_long_texts_are_cut_on_both_sides() -> None:
    text = "a" * 1000 + "X" + "b" * 1000
    shown = pointed(text, 1000)
    assert len(shown.splitlines()[0]) < 120
    assert character_at_caret(shown) == "X"
    assert shown.splitlines()[0].startswith("  ...a")
    assert shown.splitlines()[0].endswith("b...")


def test_line_breaks_do_not_move_the_caret() -> None:
    assert character_at_caret(pointed("Task\nwhere\n\tX is 1", 12)) == "X"


def test_a_located_error_keeps_its_class_and_details() -> None:
    error = located(UnknownAttribute("No such name.", attribute="b", position=2), "a b")
    assert isinstance(error, UnknownAttribute)
    assert (str(error), error.details) == ("No such name.\n  a b\n    ^", {"attribute": "b", "position": 2})


def test_an_error_without_position_stays_as_it_is() -> None:
    error = QueryError("Something else.")
    assert located(error, "a b") is error
