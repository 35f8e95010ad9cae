from __future__ import annotations

import pytest

from ftrack_orm.query.language.compiler import compile_criterion
from ftrack_orm.query.language.parser import parse_criterion
from ftrack_orm.query.language.simplification import simplify


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
def test_constant_criteria_are_decided(text: str, expected: bool) -> None:
    assert simplify(parse_criterion(text)) is expected


@pytest.mark.parametrize(
    ("text", "simplified"),
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
def test_neutral_conditions_are_removed(text: str, simplified: str) -> None:
    criterion = simplify(parse_criterion(text))
    assert not isinstance(criterion, bool)
    assert compile_criterion(criterion) == simplified


def test_a_missing_criterion_holds_for_every_entity() -> None:
    assert simplify(None) is True
