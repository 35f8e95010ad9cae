from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.errors import QueryError
from ftrack_orm.query.builder import select
from ftrack_orm.query.language.nodes import And, Comparison, Membership, Operator, Path
from ftrack_orm.query.language.parser import parse_criterion
from ftrack_orm.query.language.template import expression


@given(st.text(), st.lists(st.text(), max_size=3))
def test_values_stay_values(name: str, ids: list[str]) -> None:
    assert parse_criterion(expression("name is {} and id in ({ids})", name, ids=ids)) == And(
        (Comparison(Path.of("name"), Operator.IS, name), Membership(Path.of("id"), tuple(ids)))
    )


def test_every_kind_of_value_has_a_literal(entity: Callable[..., Any]) -> None:
    moment = datetime.datetime(2017, 2, 8, 10, tzinfo=datetime.timezone.utc)
    assert expression("{} {} {} {}", moment, None, True, 1.5) == '"2017-02-08T10:00:00" none true 1.5'
    assert expression("{}, {}", entity("User", "u"), [entity("User", "v"), 3]) == '"u", "v", 3'
    assert expression("id in ({})", select("Task").select("id")) == "id in (select id from Task)"


def test_placeholders_are_automatic_numbered_or_named() -> None:
    assert expression("{1} {0} {x} {0}", 1, 2, x=3) == "2 1 3 1"
    assert expression("{{{}}}", 1) == "{1}"


@pytest.mark.parametrize(
    ("template", "values", "named", "message"),
    [
        ('name is "{}"', ["x"], {}, "Leave out the quotes around {}"),
        ("name is '{x}'", [], {"x": "x"}, "Leave out the quotes around {x}"),
        (r'a is "\"{}"', ["x"], {}, "Leave out the quotes"),
        ("a is {}", [], {}, "a placeholder 0 without a value"),
        ("a is {x}", [], {}, "a placeholder 'x' without a value"),
        ("a is {}", [1, 2], {}, "no placeholder for the value 1"),
        ("a is 1", [], {"x": 1}, "no placeholder for the value 'x'"),
        ("a is {:>3}", [1], {}, "cannot have a format"),
        ("a is {!r}", [1], {}, "cannot have a format"),
        ("a is {", [1], {}, "is not a valid template"),
        ("a is {x.real}", [], {"x": 1}, "a placeholder 'x.real' without a value"),
        ("a is {}", [datetime.datetime(2017, 2, 8)], {}, "which has no timezone"),
        ("a is {}", [object()], {}, "{} cannot be compared with"),
    ],
)
def test_mistakes_in_templates_are_refused(
    template: str, values: list[Any], named: dict[str, Any], message: str
) -> None:
    with pytest.raises(QueryError) as caught:
        expression(template, *values, **named)
    assert message in str(caught.value)


def test_a_placeholder_after_a_closed_string_is_valid() -> None:
    assert expression('a is "it\'s" and b is {}', 1) == 'a is "it\'s" and b is 1'
