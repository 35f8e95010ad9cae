"""Collections and mappings as HTML."""

from __future__ import annotations

from ftrack_orm import Session
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.notebook.pages import Page
from tests.production import Production


def test_a_collection_is_a_table_of_the_items_in_memory(session: Session, production: Production) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    with requests_made(session) == 0:
        assert Page(shot.children._repr_html_()).notes == ["not loaded"]
    session.populate([shot], "children.name, children.status.name")
    with requests_made(session) == 0:
        page = Page(shot.children._repr_html_())
    assert page.caption == "children of Shot sh0"
    assert page.rows[0] == ["Task", "status"] or page.rows[0] == ["Task", "parent", "status"]
    assert sorted(row[0] for row in page.rows[1:]) == ["task00", "task01", "task02"]


def test_a_mapping_is_a_table_of_keys_and_values(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    task.metadata["a<b"] = "<script>"
    page = Page(task.metadata._repr_html_())
    assert page.rows[1:] == [["a<b", "<script>"]]
    session.rollback()
