"""Tables of a session."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet
import pytest

from ftrack_orm import Session, errors, select
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Connect, Production


def test_a_table_costs_one_request_for_each_page(session: Session, production: Production) -> None:
    query = session.query("Task").where(project_id=production.project)
    known = len(session._workspace.identities)
    with requests_made(session) == 1:
        query.to_arrow("name", "parent.parent.name")
    with requests_made(session) == 3:
        query.with_page_size(5).to_dataframe("name")
    assert len(session._workspace.identities) == known


def test_keys_of_mapped_collections_are_columns_of_every_table(
    session: Session, production: Production, tmp_path: Path
) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    shot.custom_attributes["fstart"] = 1001
    shot.metadata["cut"] = "A"
    session.commit()
    query = session.query("Shot").where(id=shot.id)
    expected = {"name": [shot.name], "custom_attributes.fstart": [1001.0], "metadata.cut": ["A"]}
    selected = query.select(*expected)
    for table in (selected.to_arrow(), query.to_arrow(*expected), query.to_arrow(", ".join(expected))):
        assert table.to_pydict() == expected
        assert str(table.schema.field("custom_attributes.fstart").type) == "double"
    assert selected.to_dataframe(as_="polars").to_dict(as_series=False) == expected
    assert selected.to_dataframe(as_="pandas").to_dict("list") == expected
    assert query.to_dataframe(cut="metadata.cut", as_="polars")["cut"].to_list() == ["A"]
    selected.to_parquet(tmp_path / "shots.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "shots.parquet").to_pydict() == expected
    assert selected.one() is shot
    with pytest.raises(errors.UnknownAttribute, match="No custom attribute of Shot has the key 'no_such_key'"):
        query.select("custom_attributes.no_such_key").to_arrow()


def test_a_query_without_a_session_makes_no_table() -> None:
    with pytest.raises(errors.UsageError, match="belongs to no session"):
        select("Task").to_arrow()


def test_a_closed_session_makes_no_table(connect: Connect) -> None:
    session = connect()
    query = session.query("Task")
    session.close()
    with pytest.raises(errors.SessionClosed):
        query.to_dataframe("name")


def test_no_html_holds_the_key(session: Session, production: Production) -> None:
    key = session.settings.api_key
    task = existing(session.get("Task", production.tasks[0]))
    task.description = f"the key is {key}"
    task.metadata["key"] = key
    for value in (task, task.metadata, session.query("Task").where(description=key)):
        html = str(value._repr_html_())
        assert key not in html
        assert "[redacted]" in html
    session.rollback()


def test_notebooks_find_the_html_of_values_and_not_that_of_classes(session: Session, production: Production) -> None:
    from IPython.core.formatters import HTMLFormatter

    formatter = HTMLFormatter()
    task = existing(session.get("Task", production.tasks[0]))
    for value in (session.query("Task").limit(1), task, task.notes, task.metadata, session.plan()):
        assert formatter(value).startswith("<table>")
    for value in (session, session.types, session.types.Task, session.types.Task.name, session.query("Task").node):
        assert formatter(value) is None
