"""Recorded changes, custom attributes of many entities and previews of deletions as HTML."""

from __future__ import annotations

from ftrack_orm import Session
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.custom_attributes import Configure
from tests.notebook.pages import Page
from tests.production import Production


def test_recorded_changes_have_their_values_before_and_after(session: Session, production: Production) -> None:
    task, old = (existing(session.get("Task", id_)) for id_ in production.tasks[5:7])
    assert task.bid == 5
    task.bid = 9
    session.delete(old)
    session.create("Task", name="<new>", parent=session.reference("Shot", production.shots[0]))
    with requests_made(session) == 0:
        page = Page(session.changes()._repr_html_())
    session.rollback()
    assert [row[:3] for row in page.rows[1:]] == [
        ["create", "Task", "<new>"],
        ["update", "Task", "task05"],
        ["delete", "Task", "task06"],
    ]
    assert page.rows[2][3] == "bid: 5 → 9"
    assert session.changes()._repr_html_() is None


def test_custom_attributes_of_many_entities_have_a_column_for_each_key(
    session: Session, production: Production, configure: Configure
) -> None:
    key = configure("frames", "number", default=10)
    tasks = session.query("Task").where(project_id=production.project).order_by("name").limit(2).all()
    tasks[0].custom_attributes[key] = 24
    session.commit()
    values = session.custom_values(tasks, [key])
    with requests_made(session) == 0:
        html = str(values._repr_html_())
    assert Page(html).rows == [["", key], ["task00", "24"], ["task01", "10"]]
    assert "<i>10</i>" in html


def test_a_preview_of_a_deletion_has_a_row_for_each_type(session: Session, production: Production) -> None:
    preview = session.preview_delete(existing(session.get("Shot", production.shots[0])))
    page = Page(preview._repr_html_())
    assert page.caption == "deletion of Shot sh0"
    assert ["3", "Task", ""] in page.rows
    assert page.notes == [f"{preview.total} more would be deleted"]


def test_an_undo_has_its_operations_and_conflicts(session: Session, other: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    task.name = "renamed"
    receipt = session.commit()
    existing(other.get("Task", task.id)).name = "again"
    other.commit()
    undo = receipt.undo()
    page = Page(undo._repr_html_())
    assert page.notes == [f"conflict: {each}" for each in undo.conflicts]
    assert len(page.rows) == 1 + len(undo.operations)
