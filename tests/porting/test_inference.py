"""The kind of an expression follows from the calls and the names in it."""

from __future__ import annotations

import ast

import pytest

from ftrack_orm.porting.inference import Inference
from ftrack_orm.porting.kinds import ENTITY, EVENT, LIST, OTHER, SESSION, ValueKind

KINDS = [
    ("ftrack_api.Session()", "session"),
    ("session.query('Task')", "query"),
    ("session.query('Task').one()", "entity"),
    ("session.query('Task').all()[0]", "entity"),
    ("session.query('Task')[1:]", "list"),
    ("sorted(session.query('Task'), key=len)[0]", "entity"),
    ("next(iter(tasks))", "entity"),
    ("next(tasks)", "entity"),
    ("session.get('Task', '1')['parent']['children'][0]", "entity"),
    ("entity['end_date']", "date"),
    ("entity['metadata']", "mapping"),
    ("entity['no such attribute']", None),
    ("[each for each in tasks][0]", "entity"),
    ("{each['id']: each for each in tasks}['a']", "entity"),
    ("dict((each['id'], each) for each in tasks).get('a')", "entity"),
    ("session.types['Task']", "class"),
    ("session.event_hub", "event hub"),
    ("event['data']", "other"),
    ("tasks[0].session", "session"),
    ("session.merge(tasks[0])", "entity"),
    ("tasks[0] if a else None", "entity"),
    ("a or session.query('Task')", "query"),
    ("(found := tasks[0])", "entity"),
    ("{'a': 1}.get('a')", "other"),
    ("open('a').read()", "other"),
]


@pytest.mark.parametrize(("expression", "kind"), KINDS)
def test_the_kind_of_an_expression(expression: str, kind: str | None) -> None:
    inference = Inference(guessing=False)
    for name, bound in (("ftrack_api", ValueKind("module")), ("session", SESSION), ("tasks", LIST), ("entity", ENTITY)):
        inference.scope.bind(name, bound)
    inference.scope.bind("event", EVENT)
    found = inference.kind_of(ast.parse(expression, mode="eval").body)
    assert (found.name if found else None) == kind


def test_a_name_means_something_only_in_a_script_that_uses_ftrack() -> None:
    node = ast.parse("self.new_task", mode="eval").body
    assert Inference(guessing=False).kind_of(node) is None
    guessed = Inference(guessing=True).kind_of(node)
    assert guessed is not None
    assert guessed.condition == "self.new_task is an entity of ftrack"


@pytest.mark.parametrize(
    "text", ["'Task'", "'Task where name is \"%s\"' % name", "f'Task where id is {id}'", "'select name from Task'"]
)
def test_the_text_of_a_query_tells_that_a_value_of_any_name_is_a_session(text: str) -> None:
    call = ast.parse(f"s.query({text})", mode="eval").body
    assert Inference(guessing=False).kind_of(call) is None
    kind = Inference(guessing=True).kind_of(call)
    assert kind is not None
    assert (kind.name, kind.condition) == ("query", "s is a session of ftrack")


@pytest.mark.parametrize(
    "call", ["db.query('SELECT a FROM b')", "db.query('drop it')", "db.query(Task)", "db.query()", "a.find('Task')"]
)
def test_other_calls_tell_nothing(call: str) -> None:
    assert Inference(guessing=True).kind_of(ast.parse(call, mode="eval").body) is None


def test_an_attribute_that_differs_between_types_is_an_entity_under_a_condition() -> None:
    inference = Inference(guessing=True)
    inference.scope.bind("job", ENTITY)
    kind = inference.kind_of(ast.parse("job['status']", mode="eval").body)
    assert kind is not None
    assert (kind.name, kind.condition) == ("entity", "job['status'] is an entity of ftrack")


def test_names_that_other_libraries_bind_are_of_no_interest() -> None:
    inference = Inference(guessing=True)
    inference.scope.bind("session", OTHER)
    assert inference.kind_of(ast.parse("session.query('a').one()", mode="eval").body) == OTHER
