from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm.errors import QueryError
from ftrack_orm.query.evaluation.evaluator import predicate
from ftrack_orm.query.evaluation.matching import comparison_matcher, membership_matcher, negate, subquery_matcher
from ftrack_orm.query.language.nodes import Operator
from ftrack_orm.query.language.parser import parse_criterion
from ftrack_orm.schema.model import Schema

from .entities import matches, task


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('name is "COMP"', {"name": "comp"}),
        ('name is_not "anim"', {"name": "Comp"}),
        ('name < "b"', {"name": "A"}),
        ("name is 5", {"name": "5"}),
        ('name like "c%P"', {"name": "Comp"}),
        ('name like "%"', {"name": ""}),
        ('name like "100\\\\%"', {"name": "100%"}),
        ('name like "a\\\\\\\\b%"', {"name": "a\\bc"}),
        ('name not_like "a_b"', {"name": "axb"}),
        ('name like "a%a"', {"name": "aba"}),
        ('name not_like "a%a"', {"name": "a"}),
        ('name in ("x", "COMP")', {"name": "comp"}),
        ('name not_in ("x", none)', {"name": "comp"}),
        ("name in (none)", {"name": None}),
        ("name not_in ()", {"name": None}),
        ('id is "t"', {}),
        ('id is_not "T"', {}),
        ('bid is "5"', {"bid": 5.0}),
        ("bid >= 2.5 and bid < 3", {"bid": 2.5}),
        ("end_date is 2024-05-01", {"end_date": "2024-05-01T23:59:59"}),
        ("end_date > 2024-05-01", {"end_date": "2024-05-01T00:00:01"}),
        ("end_date in (2024-05-01)", {"end_date": datetime.datetime(2024, 5, 1, 9, tzinfo=datetime.timezone.utc)}),
        ('end_date is "2024-05-01T12:00:00+02:00"', {"end_date": "2024-05-01T10:00:00"}),
        ('end_date is "2024-05-01T10:00:00Z"', {"end_date": "2024-05-01T10:00:00"}),
        ("end_date is_not none", {"end_date": "2024-05-01T10:00:00"}),
    ],
)
def test_values_compare_by_the_type_in_the_schema(text: str, values: dict[str, Any], schema: Schema) -> None:
    assert matches(text, task(**values), schema)
    assert not matches(f"not ({text})", task(**values), schema)


@pytest.mark.parametrize("text", ['name is "x"', 'name is_not "x"', 'name like "%"', 'name in ("x")', "bid < 1"])
def test_a_comparison_with_a_missing_value_is_undecided(text: str, schema: Schema) -> None:
    entity = task(name=None, bid=None)
    assert not matches(text, entity, schema)
    assert not matches(f"not ({text})", entity, schema)
    assert matches(f"name is none and bid is none or {text}", entity, schema)
    assert not matches(f'{text} and id is "other"', entity, schema)
    assert matches(f'not ({text} and id is "other")', entity, schema)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('bid is "many"', "bid is a number, and was compared with 'many'"),
        ('end_date is "soon"', "end_date is a datetime, and was compared with 'soon'"),
        ('end_date is "9999-13-31"', "end_date is a datetime"),
        ("name < none", "name < none makes no sense"),
        ("thumbnail_url is 5", "holds objects"),
        ("children is 5", "children any"),
    ],
)
def test_invalid_comparisons_are_refused(text: str, message: str, schema: Schema) -> None:
    with pytest.raises(QueryError, match=message):
        predicate(parse_criterion(text), schema, entity_type="Task")


def test_booleans_accept_every_spelling_and_have_no_order(schema: Schema) -> None:
    status = {"__entity_type__": "Status", "id": "s", "is_active": True}
    assert matches('is_active is true and is_active is "1" and is_active in (True)', status, schema)
    with pytest.raises(QueryError, match="no order"):
        matches("is_active > false", status, schema)
    with pytest.raises(QueryError, match="true or false"):
        matches("is_active is 7", status, schema)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('value is "5"', 5),
        ("value is 5", "5"),
        ("value is true", True),
        ('value is_not "true"', True),
        ('value is "B"', ["a", "b"]),
        ('value is_not "c"', ["a", "b"]),
        ('value like "B%"', ["a", "bc"]),
        ("value is 2024-05-01", datetime.datetime(2024, 5, 1, 9, tzinfo=datetime.timezone.utc)),
        ("value > 10", 11),
        ('value not_in ("a", 7)', 8),
    ],
)
def test_a_value_of_any_type_compares_by_its_own_type(text: str, value: Any, schema: Schema) -> None:
    entity = {"__entity_type__": "ContextCustomAttributeValue", "key": "x", "value": value}
    assert matches(text, entity, schema)
    assert not matches(f"not ({text})", entity, schema)
    assert not matches(text, {**entity, "value": None}, schema)
    assert not matches(f"not ({text})", {**entity, "value": None}, schema)


def test_missing_values_that_a_subquery_selects_are_ignored(schema: Schema) -> None:
    options = {"resolve_subquery": lambda select: [None, 2]}
    assert matches("bid not_in (select bid from Task)", task(bid=3), schema, **options)
    assert not matches("bid not_in (select bid from Task)", task(bid=None), schema, **options)
    assert matches("bid not_in (select bid from Task)", task(bid=None), schema, resolve_subquery=lambda select: [])


def test_matchers_are_undecided_for_a_missing_value() -> None:
    comparison = comparison_matcher(Operator.LESS, 3, "number", "bid")
    for matcher in (comparison, negate(comparison), membership_matcher((1, 2), "number", "bid")):
        assert matcher(None) is None
    assert (comparison(2), comparison(3), negate(comparison)(3)) == (True, False, True)
    assert membership_matcher((1, None), "number", "bid")(None) is True
    assert membership_matcher((), "number", "bid")(None) is False
    assert subquery_matcher([1, None], "number")(None) is None
    assert subquery_matcher([None], "number")(None) is False


def test_ids_compare_exactly() -> None:
    assert comparison_matcher(Operator.IS, "A", "text", "id")("a") is True
    assert comparison_matcher(Operator.IS, "A", "text", "id", exact=True)("a") is False
