from __future__ import annotations

import pytest

from ftrack_orm.query.evaluation.simplification import matches_nothing, simplified
from ftrack_orm.query.language.compiler import compile_criterion
from ftrack_orm.query.language.parser import parse_criterion


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a in ()", False),
        ("a not_in ()", True),
        ("not (a in ())", True),
        ("not (a not_in ())", False),
        ("a in () and b is 1", False),
        ("a in () or b in ()", False),
        ("a not_in () or b is 1", True),
        ("a not_in () and b not_in ()", True),
        ("c any (a in ())", False),
        ("c any (a is 1 and b in ())", False),
        ("a in (select id from T where b in ())", False),
        ("a not_in (select id from T where b in ())", True),
        ("a in (select id from T limit 0)", False),
    ],
)
def test_what_needs_no_asking_is_decided(text: str, expected: bool) -> None:
    assert simplified(parse_criterion(text)) is expected
    assert matches_nothing(parse_criterion(text)) is (expected is False)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a is 1", "a is 1"),
        ("a in () or b is 1", "b is 1"),
        ("a in () or b is 1 or c is 1", "b is 1 or c is 1"),
        ("a not_in () and b is 1", "b is 1"),
        ("a is 1 and (b in () or c is 1)", "a is 1 and c is 1"),
        ("not (a in () or b is 1)", "not (b is 1)"),
        ("c any (a not_in ())", "c any ()"),
        ("c any ()", "c any ()"),
        ("a in (select id from T where b not_in () and c is 1)", "a in (select id from T where c is 1)"),
        ("a in (select id from T)", "a in (select id from T)"),
    ],
)
def test_what_makes_no_difference_is_left_out(text: str, left: str) -> None:
    criterion = simplified(parse_criterion(text))
    assert not isinstance(criterion, bool)
    assert compile_criterion(criterion) == left


def test_no_criterion_holds_for_everything() -> None:
    assert simplified(None) is True
    assert not matches_nothing(None)
