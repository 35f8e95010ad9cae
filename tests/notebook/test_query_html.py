"""The first results of a query as HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ftrack_orm import Session, select
from ftrack_orm.query.builder import Query
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.fakes.hiding_transport import HIDDEN_TYPE, HidingTransport
from tests.notebook.pages import Page
from tests.production import Connect, Production
from tests.property_settings import examples


@pytest.fixture
def tasks(session: Session, production: Production) -> Query[Any]:
    return session.query("Task").where(project_id=production.project).order_by("name")


def test_the_first_rows_are_shown_for_one_request(session: Session, tasks: Query[Any], production: Production) -> None:
    with requests_made(session) == 1:
        page = Page(tasks._repr_html_())
    assert page.caption == str(tasks)
    assert page.rows[0][:4] == ["Task", "parent", "type", "status"]
    assert [row[:2] for row in page.rows[1:]] == [[f"task{n:02}", f"sh{n // 3}"] for n in range(10)]
    assert page.notes == ["The first 10 results; there are more."]
    address = page.links["task03"]
    assert address.startswith(session.server_url)
    assert production.tasks[3] in address
    assert production.project in address


def test_selected_columns_are_those_of_the_table(session: Session, tasks: Query[Any]) -> None:
    with requests_made(session) == 1:
        page = Page(tasks.select("bid", "status", "parent.parent.name").limit(2)._repr_html_())
    assert page.rows[0] == ["Task", "bid", "status", "parent.parent.name"]
    assert [[row[0], row[1], row[3]] for row in page.rows[1:]] == [["task00", "0", "sq0"], ["task01", "1", "sq0"]]
    assert page.rows[1][2].endswith(existing(tasks.first()).status.name)
    assert page.notes == ["2 results"]


def test_the_thumbnails_are_in_the_table_without_credentials(
    session: Session, production: Production, connect: Connect, tmp_path: Path
) -> None:
    path = tmp_path / "picture.png"
    Image.new("RGB", (32, 18), "red").save(path)
    with connect() as editor:
        existing(editor.get("Shot", production.shots[1])).create_thumbnail(path)
        editor.commit()
    shots = session.query("Shot").where(project_id=production.project).order_by("name")
    html = shots._repr_html_()
    page = Page(html)
    assert page.rows[0][:2] == ["", "Shot"]
    assert [row[1] for row in page.rows[1:]] == ["sh0", "sh1", "sh2", "sh3"]
    (picture,) = page.pictures
    assert picture.startswith("data:image/png;base64,")
    assert session.settings.api_key not in str(html)
    # An entity shows the picture that the session has, and makes no request for it.
    shot = shots.where(name="sh1").one()
    with requests_made(session) == 0:
        assert Page(shot._repr_html_()).pictures == [picture]


def test_edits_and_answers_from_memory_stay_as_they_are(session: Session, tasks: Query[Any]) -> None:
    task = existing(tasks.first())
    task.name = "edited"
    assert Page(tasks.limit(1).populate_existing()._repr_html_()).rows[1][0] == "edited"
    assert task.name == "edited"
    refreshed: list[Any] = []
    assert Page(tasks.limit(1).prefer("memory", refreshed.append)._repr_html_()).rows[1][0] == "edited"
    assert refreshed == []
    session.rollback()


def test_groups_and_unlisted_types_are_plain_tables(session: Session, box: Sandbox, production: Production) -> None:
    grouped = session.query("Task").where(project_id=production.project).group_by("parent.name").select("count(id)")
    assert ["sh0", "3"] in [sorted(row, reverse=True) for row in Page(grouped._repr_html_()).rows]
    transport = HidingTransport(box)
    with Session(box.url, box.api_key, box.api_user, schema_cache_path=False, transport=transport) as hidden:
        for columns in ("", "select comment, context.name from "):
            query = hidden.query(f"{columns}{HIDDEN_TYPE}", check=False)
            assert Page(query.limit(2)._repr_html_()).caption.endswith(f"{HIDDEN_TYPE} limit 2")
            assert query.limit(2).to_arrow("comment", "context.name").column_names == ["comment", "context.name"]


def test_every_type_has_a_table(session: Session) -> None:
    for name in sorted(session.schema)[:: examples(8, 1)]:
        with requests_made(session) <= 2:
            assert Page(session.query(name).limit(2)._repr_html_()).caption == f"{name} limit 2"


def test_an_error_stands_in_place_of_the_rows(session: Session) -> None:
    page = Page(session.query("Task where no_such_name is 'x'", check=False)._repr_html_())
    assert page.notes[0].startswith("The results could not be read:")


def test_a_query_without_results_or_without_a_session(session: Session, tasks: Query[Any]) -> None:
    assert Page(tasks.where("name is none")._repr_html_()).notes == ["0 results"]
    with requests_made(session) == 0:
        assert Page(tasks.where(session.types.Task.id.in_([]))._repr_html_()).notes == ["0 results"]
    assert select("Task")._repr_html_() is None
