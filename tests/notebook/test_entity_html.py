"""An entity as HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from ftrack_orm import Session
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.notebook.pages import Page
from tests.production import Connect, Production


def test_the_loaded_values_are_shown_without_a_request(session: Session, production: Production) -> None:
    task = session.query("Task").where(id=production.tasks[5]).select("name", "bid", "parent.name").one()
    with requests_made(session) == 0:
        page = Page(task._repr_html_())
    assert page.caption.strip() == "Task task05"
    values = dict(page.rows[1:])
    assert (values["bid"], values["name"], values["parent"]) == ("5", "task05", "sh1")
    assert "status" not in values
    assert task.id in page.links["task05"]
    assert page.notes[0].startswith("persistent;")


def test_a_thumbnail_is_shown_when_it_is_in_memory_and_named_in_a_note_otherwise(
    session: Session, production: Production, tmp_path: Path
) -> None:
    Image.new("RGB", (8, 8), "teal").save(tmp_path / "still.png")
    task: Any = existing(session.get("Task", production.tasks[7]))
    assert not any("thumbnail" in note for note in Page(task._repr_html_()).notes)
    task.create_thumbnail(tmp_path / "still.png")
    note = "the thumbnail is not in memory; the table of a query loads it"
    with requests_made(session) == 0:
        html = str(task._repr_html_())
    assert note in Page(html).notes
    assert "<img" not in html
    assert "component/thumbnail" not in html
    session.query("Task").where(id=task.id)._repr_html_()
    with requests_made(session) == 0:
        html = str(task._repr_html_())
    assert '<img src="data:image/png;base64,' in html
    assert note not in Page(html).notes


def test_unsaved_changes_are_marked(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[5]))
    assert task.bid == 5
    task.bid = 7
    html = str(task._repr_html_())
    assert "<s>5</s> → <b>7</b>" in html
    assert "1 changed and not committed" in html
    new = session.create("Task", name="<script>", parent=session.get("Shot", production.shots[0]))
    page = Page(new._repr_html_())
    assert page.caption.strip() == "Task <script>"
    assert page.notes[0].startswith("pending;")
    session.rollback()


def test_an_entity_of_any_type_in_any_state_has_a_table(session: Session, connect: Connect) -> None:
    for name in session.schema:
        keys = dict.fromkeys(session.schema[name].primary_key, f"key of {name}")
        entity = session._workspace.loader.merge([{"__entity_type__": name, **keys}])[0]
        with requests_made(session) == 0:
            assert Page(entity._repr_html_()).caption.strip().startswith(name)
    closed = connect()
    user = existing(closed.query("User").first())
    closed.close()
    assert "detached" in str(user._repr_html_())
