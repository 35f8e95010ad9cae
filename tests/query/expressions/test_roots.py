from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm.errors import QueryError
from ftrack_orm.query.expressions.attributes import AttributeExpression, attr
from ftrack_orm.query.expressions.roots import check_roots, is_checked
from ftrack_orm.schema.model import Schema


def test_an_expression_fits_its_root_and_the_types_that_inherit_from_it(schema: Schema) -> None:
    for roots in ((), ("Task",), ("Context", "TypedContext")):
        check_roots(roots, "Task", schema)
    with pytest.raises(QueryError, match=r"given for Context, which is not a Shot.*cast it: relation\[Shot\]"):
        check_roots(("Context", "Shot"), "Context", schema)


def test_an_expression_is_checked_for_its_only_root_with_its_schema(schema: Schema, task: Any) -> None:
    criterion = task.name == "x"
    assert is_checked(criterion, "Task", schema)
    assert not is_checked(criterion, "Shot", schema)
    assert not is_checked(criterion & (AttributeExpression.on("Shot", "name", schema) == "x"), "Task", schema)
    assert not is_checked(attr("name") == "x", "Task", schema)
    assert not is_checked(criterion, "Task", Schema.from_response([]))
