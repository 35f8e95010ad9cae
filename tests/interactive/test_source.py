"""The expression before a cursor, in half-typed code."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_orm.interactive.source import PointKind, bindings, completion_point, trailing_expression
from tests.property_settings import examples


@pytest.mark.parametrize(
    ("code", "expression", "prefix"),
    [
        ("task.", "task", ""),
        ("task.sta", "task", "sta"),
        ("print(task.parent.na", "task.parent", "na"),
        ("x = [task.parent.", "task.parent", ""),
        ("query.first().", "query.first()", ""),
        ("session.query('Task', page_size=3).where(name='a(b').first().na", None, "na"),
        ("tasks[0].", "tasks[0]", ""),
        ("if task.parent and not other.", "other", ""),
        ("for task in tasks:\n    task.", "task", ""),
        ('task["parent"].', "task['parent']", ""),
        ("%timeit task.", "task", ""),
        ("a.b(\n    c.", "c", ""),
    ],
)
def test_the_expression_before_a_dot(code: str, expression: str | None, prefix: str) -> None:
    point = completion_point(code)
    assert point is not None
    assert point.kind is PointKind.ATTRIBUTE
    assert point.prefix == prefix
    if expression is not None:
        assert ast.unparse(point.expression) == expression


@pytest.mark.parametrize(
    ("code", "expression", "prefix", "quote"),
    [
        ('task["', "task", "", '"'),
        ("task['na", "task", "na", "'"),
        ("task[", "task", "", ""),
        ('task.custom_attributes["hand', "task.custom_attributes", "hand", '"'),
        ('print(session.types["', "session.types", "", '"'),
        ('task["parent"]["', "task['parent']", "", '"'),
    ],
)
def test_the_expression_before_a_bracket(code: str, expression: str, prefix: str, quote: str) -> None:
    point = completion_point(code)
    assert point is not None
    assert (point.kind, point.prefix, point.quote) == (PointKind.KEY, prefix, quote)
    assert ast.unparse(point.expression) == expression


def test_the_first_argument_of_a_method() -> None:
    point = completion_point('shots = session.query("Sh')
    assert point is not None
    assert (point.kind, point.method, point.prefix) == (PointKind.ARGUMENT, "query", "Sh")
    assert ast.unparse(point.expression) == "session"


@pytest.mark.parametrize("code", ["", "task", "1 +", "x = [", "foo(a, [b", ".", "return.", "(", ")", "x = {"])
def test_other_code_has_no_point(code: str) -> None:
    assert completion_point(code) is None


def test_the_lines_before_the_cursor_bind_names() -> None:
    code = "task = query.first()\nfor shot in shots:\n    name: str = shot.name\n    shot."
    bound = {name: (ast.unparse(node), is_item) for name, (node, is_item) in bindings(code).items()}
    assert bound == {"task": ("query.first()", False), "shot": ("shots", True), "name": ("shot.name", False)}
    assert bindings("(\nx.") == {}
    assert [ast.unparse(node) for node, _ in bindings("for task in query.all(): task.").values()] == ["query.all()"]


@settings(max_examples=examples(50, 2_000))
@given(st.text(alphabet="task.first()[]{}'\"\n #:=, 0é\\", max_size=40))
def test_any_text_is_read_without_an_error(code: str) -> None:
    point = completion_point(code)
    assert point is None or isinstance(point.expression, ast.expr)
    assert trailing_expression(code) is None or code.strip()
    bindings(code)
