"""The contexts that contain an entity, from loaded values."""

from __future__ import annotations

from ftrack_orm import Session
from ftrack_orm.entities.containment import above
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production


def test_loaded_parents_are_followed_up_to_the_project(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    _ = task.parent.parent.parent
    with requests_made(session) == 0:
        found, is_complete = above(session._workspace, task.__schema__, (task.id,), {"parent_id": (task.parent_id,)})
    assert is_complete
    assert [id_ for _, id_ in found] == [task.parent_id, task.parent.parent_id, production.project]


def test_an_unknown_parent_makes_the_answer_incomplete(session: Session, production: Production) -> None:
    schema = session.schema.type("Timelog")
    found, is_complete = above(session._workspace, schema, ("x",), {"context_id": ("unknown",)})
    assert (found, is_complete) == ((("Context", "unknown"),), False)


def test_a_loaded_link_replaces_unknown_parents(session: Session, production: Production) -> None:
    (task,) = session.query("Task").where(id=production.tasks[0]).select("link")
    found, is_complete = above(session._workspace, task.__schema__, (task.id,), {})
    assert is_complete
    assert {id_ for _, id_ in found} == {step["id"] for step in task.link} - {task.id}
