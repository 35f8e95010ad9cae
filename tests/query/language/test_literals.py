from __future__ import annotations

import datetime
import enum
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.literals import (
    as_reference,
    as_scalar,
    as_select,
    check_value,
    entity_type_of_class,
    escape_pattern,
)
from ftrack_orm.query.language.nodes import Operator, Select
from ftrack_orm.values import Reference

UTC = datetime.timezone.utc


class Colour(str, enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (1.5, 1.5),
        ("x", "x"),
        (Colour.RED, "red"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (datetime.date(2017, 2, 8), "2017-02-08"),
        (datetime.datetime(2017, 2, 8, 10, 0, 0, 999_999, tzinfo=UTC), "2017-02-08T10:00:00"),
        (
            datetime.datetime(2017, 2, 8, 10, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
            "2017-02-08T08:00:00",
        ),
    ],
)
def test_python_values_are_converted_to_literals(value: Any, expected: Any) -> None:
    scalar = as_scalar(value, "Task.x")
    assert (type(scalar), scalar) == (type(expected), expected)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (datetime.datetime(2017, 2, 8), r"which has no timezone. Use value.astimezone\(\)"),
        (float("nan"), "only finite numbers"),
        (["a"], r"Use in_\(...\)"),
        (datetime.timedelta(days=1), r"value.total_seconds\(\)"),
        (b"x", r"\(bytes\)"),
        (Select("Task"), r"Use in_\(...\)"),
    ],
)
def test_other_values_are_refused_with_advice(value: Any, message: str) -> None:
    with pytest.raises(QueryError, match=f"^Task.x cannot be compared with .*{message}"):
        as_scalar(value, "Task.x")


@pytest.mark.parametrize(
    ("value_type", "operator", "value"),
    [
        ("text", Operator.IS, "x"),
        ("text", Operator.GREATER, "x"),
        ("text", Operator.LIKE, "x%"),
        ("text", Operator.IS, None),
        ("boolean", Operator.IS_NOT, True),
        ("integer", Operator.LESS, 1.5),
        ("number", Operator.IS, 3),
        ("datetime", Operator.GREATER, "2017-02-08"),
        ("datetime", Operator.GREATER, "2017-02-08T10:00:00"),
        ("datetime", Operator.GREATER, "2017-02-08 10:00"),
        ("any", Operator.LIKE, "x%"),
        ("any", Operator.IS, True),
        ("object", Operator.IS, None),
    ],
)
def test_fitting_operators_and_values_pass(value_type: str, operator: Operator, value: Any) -> None:
    check_value(value_type, operator, value, "Task.x")


@pytest.mark.parametrize(
    ("value_type", "operator", "value", "message"),
    [
        ("text", Operator.IS, 3, r"Task.x is compared with text, not with 3 \(int\)"),
        ("text", Operator.LESS, None, "can never hold"),
        ("boolean", Operator.IS, 1, "Task.x is compared with True or False, not with 1"),
        ("boolean", Operator.LESS, True, "Task.x has no order, so < cannot be used"),
        ("number", Operator.IS, True, "Task.x is compared with a number, not with True"),
        ("number", Operator.IS, "3", "Task.x is compared with a number, not with '3'"),
        ("integer", Operator.LIKE, "3%", "Task.x is not text, so like cannot be used"),
        ("datetime", Operator.IS, 3, "Task.x is compared with a datetime"),
        ("datetime", Operator.IS, "yesterday", "not with 'yesterday'"),
        ("datetime", Operator.IS, "2017-02-08th", "not with '2017-02-08th'"),
        ("datetime", Operator.NOT_LIKE, "2017%", "not_like cannot be used"),
        ("object", Operator.IS, "x", "can only be compared with None"),
        ("object", Operator.GREATER, None, "has no order"),
    ],
)
def test_other_operators_and_values_are_refused(value_type: str, operator: Operator, value: Any, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        check_value(value_type, operator, value, "Task.x")


def test_text_is_escaped_for_patterns() -> None:
    assert escape_pattern("50%_a\\") == "50\\%_a\\\\"


def test_entities_queries_and_classes_are_recognised_by_their_attributes(entity: Callable[..., Any], task: Any) -> None:
    reference = Reference("User", (("id", "u"),))
    assert as_reference(entity("User", "u")) == as_reference(reference) == reference
    assert as_reference(type(entity("User", "u"))) is as_reference("u") is None
    assert as_select(Select("Task")) == Select("Task")
    assert as_select("Task") is None
    assert entity_type_of_class(task) == "Task"
    assert entity_type_of_class("Task") is entity_type_of_class(task()) is None
