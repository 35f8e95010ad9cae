"""Plans as HTML."""

from __future__ import annotations

from ftrack_orm import Session
from ftrack_orm.notebook.plan_html import OPERATIONS, plan_html
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.notebook.pages import Page
from tests.production import Production


def test_a_plan_has_a_row_for_each_operation(session: Session, production: Production) -> None:
    task, old = (existing(session.get("Task", id_)) for id_ in production.tasks[:2])
    task.name = "<b>comp</b>"
    session.delete(old)
    new = session.create("Task", name="new", parent=session.reference("Shot", production.shots[0]))
    with requests_made(session) == 0:
        page = Page(session.plan()._repr_html_())
    session.rollback()
    assert page.rows[0] == ["#", "action", "type", "id", "values"]
    assert [row[:4] for row in page.rows[1:]] == [
        ["1", "create", "Task", new.id],
        ["2", "update", "Task", task.id],
        ["3", "delete", "Task", old.id],
    ]
    assert page.rows[2][4] == "name = '<b>comp</b>'"


def test_an_empty_plan_says_so_and_a_long_one_shows_its_beginning(session: Session) -> None:
    assert Page(session.plan()._repr_html_()).notes == ["nothing to do"]
    page = Page(plan_html([{"action": "delete", "entity_type": "Task", "entity_key": ["a"]}] * 1000))
    assert len(page.rows) == OPERATIONS + 1
    assert page.notes == ["1000 operations, of which the first 50 are shown"]
