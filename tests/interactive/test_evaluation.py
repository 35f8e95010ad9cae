"""The values of half-typed expressions: known from memory and from the schema, without a request."""

from __future__ import annotations

import ast
import types
from typing import Any

import pytest

from ftrack_orm import Session
from ftrack_orm.interactive.evaluation import Evaluator, KnownSession, NotEvaluated
from ftrack_orm.interactive.source import bindings
from ftrack_orm.testing import requests_made
from tests.production import Connect, Production


@pytest.fixture
def variables(session: Session, production: Production) -> dict[str, Any]:
    query = session.query("Task").where(project_id=production.project)
    tasks = query.all()
    return {
        "session": session,
        "query": query,
        "tasks": tasks,
        "task": tasks[0],
        "Task": session.types.Task,
        "tool": types.SimpleNamespace(session=session),
        "grouped": query.group_by("status_id").select("id"),
    }


def evaluator(variables: dict[str, Any], code: str = "") -> Evaluator:
    session: Session = variables["session"]
    known = KnownSession(session._workspace, session._parts.handshake.known_schema)
    return Evaluator([variables], bindings(code), {session: known})


def evaluate(variables: dict[str, Any], expression: str, code: str = "") -> Any:
    return evaluator(variables, code).value(ast.parse(expression, mode="eval").body)


@pytest.mark.parametrize(
    ("expression", "entity_type"),
    [
        ("task", "Task"),
        ("tasks[0]", "Task"),
        ("tasks[-1]", "Task"),
        ("task.status", "Status"),
        ("task['status']", "Status"),
        ("task.parent.parent", "Context"),
        ("task.assignments[0]", "Appointment"),
        ("task.assignments[0].resource", "Resource"),
        ("query.first()", "Task"),
        ("query.where(name='x').select('name').one()", "Task"),
        ("query.first().status.state", "State"),
        ("query[3]", "Task"),
        ("query[:3][0]", "Task"),
        ("query.all()[0]", "Task"),
        ("list(query)[0]", "Task"),
        ("next(iter(tasks))", "Task"),
        ("session.query('Shot').first()", "Shot"),
        ("session.query(session.types.Shot).first()", "Shot"),
        ("tool.session.query('Shot').one_or_none()", "Shot"),
        ("session.get('Shot', 'x')", "Shot"),
        ("session.create(Task, name='x').status", "Status"),
        ("session.ensure_many('Shot', [])[0]", "Shot"),
        ("task.create_note('x', None)", "Note"),
        ("session.query('TypedContextLink').first().from_", "TypedContext"),
    ],
)
def test_an_entity_is_known_by_its_type(variables: dict[str, Any], expression: str, entity_type: str) -> None:
    with requests_made(variables["session"]) == 0:
        value = evaluate(variables, expression)
        assert value.__entity_type__ == entity_type
        assert "id" in dir(value)


def test_classes_and_expressions_are_values(variables: dict[str, Any]) -> None:
    with requests_made(variables["session"]) == 0:
        assert evaluate(variables, "session.types.Task") is variables["Task"]
        assert evaluate(variables, "session.types['Task']") is variables["Task"]
        assert str(evaluate(variables, "Task.status.name")) == "status.name"
        assert str(evaluate(variables, "Task.parent['Shot'].name")) == "parent[Shot].name"
        assert evaluate(variables, "session.schema['Task']").name == "Task"


def test_values_in_memory_are_shown(variables: dict[str, Any]) -> None:
    task = variables["task"]
    assert evaluate(variables, "task.name") == task.name
    assert evaluate(variables, "task['name']") == task.name


def test_the_code_before_the_cursor_binds_names(variables: dict[str, Any]) -> None:
    code = "first = query.first()\nfor shot in session.query('Shot'):\n    shot."
    with requests_made(variables["session"]) == 0:
        assert evaluate(variables, "shot.parent", code).__entity_type__ == "Context"
        assert evaluate(variables, "first", code).__entity_type__ == "Task"


@pytest.mark.parametrize(
    "expression",
    [
        "missing", "task.missing", "task.create_note", "grouped.first()", "open('x')", "task.status()",
        "session.commit()",
        "1 + 1", "task.custom_attributes['missing']", "tasks.append(1)", "session.get('Missing', 'x')", "len(tasks)",
        "session.event_hub", "tool.missing", "lambda: task",
    ],
)  # fmt: skip
def test_everything_else_is_not_evaluated(variables: dict[str, Any], expression: str) -> None:
    count = len(variables["tasks"])
    with requests_made(variables["session"]) == 0, pytest.raises(NotEvaluated):
        evaluate(variables, expression)
    assert len(variables["tasks"]) == count


def test_names_that_bind_each_other_end(variables: dict[str, Any]) -> None:
    with pytest.raises(NotEvaluated):
        evaluate(variables, "a", "a = b\nb = a\na.")


def test_the_keys_of_custom_attributes_are_those_that_are_known(
    connect: Connect, production: Production, handles: str
) -> None:
    session = connect()
    task = session.query("Task").where(project_id=production.project).first()
    variables = {"session": session, "task": task, "Task": session.types.Task}

    def keys(expression: str) -> list[str]:
        each = evaluator(variables)
        return each.keys(each.value(ast.parse(expression, mode="eval").body))

    with requests_made(session) == 0:
        assert keys("task.custom_attributes") == []
        assert "assignments" in keys("task")
        assert "Task" in keys("session.types")
        assert {"Shot", "Task"} <= set(keys("Task.parent"))
    assert task is not None
    len(session.configurations)
    with requests_made(session) == 0:
        assert handles in keys("task.custom_attributes")
        assert handles in keys("Task.custom_attributes")
        assert handles not in keys("session.types.Shot.custom_attributes")
    other = connect()
    first = other.query("Task").where(project_id=production.project).limit(3).all()[0]
    first.custom_attributes[handles]
    variables = {"session": other, "task": other.get("Task", production.tasks[11])}
    with requests_made(other) == 0:
        assert handles in keys("task.custom_attributes")
