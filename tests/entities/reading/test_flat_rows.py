"""Flat rows of values in place of entities."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm import Session, attr, errors
from ftrack_orm.query.builder import Query
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.custom_attributes import Configure
from tests.production import Connect, Production

MOMENT = datetime.datetime(2024, 5, 31, 10, tzinfo=datetime.timezone.utc)


@pytest.fixture
def tasks(session: Session, production: Production) -> Query[Any]:
    return session.query("Task").where(project_id=production.project).order_by("name")


def test_rows_are_tuples_in_the_order_of_the_columns(session: Session, tasks: Query[Any]) -> None:
    Task = session.types.Task
    known = len(session._workspace.identities)
    with requests_made(session) == 1:
        rows = tasks.limit(4).rows("name, bid", Task.parent.name, attr("parent.parent.name"), "name")
    assert rows == [
        ("task00", 0, "sh0", "sq0", "task00"),
        ("task01", 1, "sh0", "sq0", "task01"),
        ("task02", 2, "sh0", "sq0", "task02"),
        ("task03", 3, "sh1", "sq0", "task03"),
    ]
    assert len(session._workspace.identities) == known


def test_rows_are_dicts_with_names_of_the_columns(tasks: Query[Any]) -> None:
    rows = tasks.where("bid > 10").rows("name", "parent.name", effort="bid", as_="dict")
    assert rows == [{"name": "task11", "parent.name": "sh3", "effort": 11}]
    assert list(rows[0]) == ["name", "parent.name", "effort"]


def test_the_selected_attributes_are_the_columns_by_default(tasks: Query[Any]) -> None:
    assert tasks.select("name", "parent.name").limit(1).rows() == [("task00", "sh0")]
    with pytest.raises(errors.QueryError, match=r"query\.rows\('name', 'status\.name'\)"):
        tasks.rows()


def test_values_are_those_that_the_entity_shows(session: Session, tasks: Query[Any], connect: Connect) -> None:
    with connect() as editor:
        task = existing(editor.get("Task", existing(tasks.first()).id))
        task.end_date = MOMENT
        task.description = None
        editor.commit()
    paths = ["name", "bid", "end_date", "description", "link", "status.name", "priority.value", "thumbnail_url"]
    (row,) = tasks.limit(1).rows(*paths)
    (entity,) = session.query("Task").where(id=task.id).select(*paths)
    assert row == (
        *(entity[name] for name in paths[:5]),
        entity.status.name,
        entity.priority and entity.priority.value,
        entity.thumbnail_url,
    )
    assert row[2] == MOMENT


def test_every_occurrence_of_a_related_entity_is_read(tasks: Query[Any]) -> None:
    assert [row[0] for row in tasks.with_page_size(5).rows("parent.name")] == [f"sh{n // 3}" for n in range(12)]


def test_a_column_through_a_collection_has_a_tuple_of_values(session: Session, production: Production) -> None:
    shots = session.query("Shot").where(project_id=production.project).order_by("name")
    Shot = session.types.Shot
    rows = shots.rows("name", "children.name", Shot.children["Task"].bid, "children.assignments.resource.username")
    assert [(name, sorted(names), sorted(bids), users) for name, names, bids, users in rows] == [
        (f"sh{n}", [f"task{n * 3 + i:02}" for i in range(3)], [n * 3 + i for i in range(3)], ()) for n in range(4)
    ]
    sequences = session.query("Sequence").where(project_id=production.project).order_by("name")
    assert [sorted(row[0]) for row in sequences.rows(attr("children[Shot].children.name"))] == [
        [f"task{n:02}" for n in range(6)],
        [f"task{n:02}" for n in range(6, 12)],
    ]
    assert [row[0] for row in sequences.rows("children[Task].name")] == [(), ()]


def test_missing_entities_have_missing_values(session: Session, production: Production) -> None:
    projects = session.query("Project").where(id=production.project)
    assert projects.rows("name", "parent.name", "parent.children.name") == [(production.name, None, ())]
    tasks = session.query("Task").where(id=production.tasks[0])
    assert tasks.rows(attr("parent[Sequence].name"), attr("parent[Shot].name")) == [(None, "sh0")]


def test_mapped_collections_are_dicts_and_their_items_columns(
    session: Session, tasks: Query[Any], configure: Configure, connect: Connect
) -> None:
    frame, shots = configure("frame", "number", default=1001), configure("shots", "enumerator", config={"data": "[]"})
    with connect() as editor:
        for number, task in enumerate(editor.query("Task").where(str(tasks).partition("where ")[2].split(" order")[0])):
            task.custom_attributes[frame] = 1000 + number
            if task.bid == 0:
                task.metadata["renderer"] = "karma"
        editor.commit()
    Task = session.types.Task
    rows = tasks.limit(2).rows("metadata", Task.metadata["renderer"], first=Task.custom_attributes[frame], as_="dict")
    assert [row["metadata"] for row in rows] == [{"renderer": "karma"}, {}]
    assert [row["metadata.renderer"] for row in rows] == ["karma", None]
    entities = tasks.limit(2).all()
    assert [row["first"] for row in rows] == [task.custom_attributes[frame] for task in entities]
    (values,) = tasks.limit(1).rows("custom_attributes")[0]
    assert values == dict(entities[0].custom_attributes)
    assert shots in values
    with pytest.raises(errors.UnknownAttribute, match=f"Did you mean '{frame}'"):
        tasks.rows(Task.custom_attributes[frame + "x"])
    assert tasks.limit(1).rows(Task.metadata["nothing"]) == [(None,)]
    with pytest.raises(errors.UnknownAttribute, match="configured, but not for Project"):
        tasks.rows(Task.project.custom_attributes[frame])
    assert tasks.where(name="no such task").rows(Task.custom_attributes["nothing"]) == []


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("status", r"Task\.status leads to a Status, and a row holds values: name 'status\.name' or 'status\.id'"),
        ("assignments", "Task.assignments leads to entities.*'assignments.id'"),
        ("parent.children", "'parent.children.name' or 'parent.children.id'"),
        ("stauts.name", "Did you mean 'status'"),
        ("name where bid > 3", "Expected"),
        ("count(id)", r"count\(id\) needs a group by"),
        (3, "Attributes, aggregates and texts can be selected, not 3"),
    ],
)
def test_columns_that_a_row_cannot_have_are_refused(tasks: Query[Any], column: Any, message: str) -> None:
    with pytest.raises(errors.UsageError, match=message):
        tasks.rows("name", column)


def test_names_and_forms_are_checked(tasks: Query[Any]) -> None:
    with pytest.raises(errors.QueryError, match="Two columns are called 'name'"):
        tasks.rows("name", name="parent.name", as_="dict")
    assert tasks.limit(1).rows("name", "name", as_="dict") == [{"name": "task00"}]
    with pytest.raises(errors.QueryError, match="The column 'both' is one attribute, not 2"):
        tasks.rows(both="name, bid")
    with pytest.raises(errors.QueryError, match="as_ is 'tuple' or 'dict', not 'list'"):
        tasks.rows("name", as_="list")  # type: ignore[call-overload]


def test_an_empty_result_and_one_that_cannot_be_have_no_rows(session: Session, tasks: Query[Any]) -> None:
    assert tasks.where(name="no such task").rows("name", as_="dict") == []
    with requests_made(session) == 0:
        assert tasks.where(session.types.Task.name.in_([])).rows("name") == []


def test_searches_have_rows(session: Session, production: Production) -> None:
    project = session.reference("Project", production.project)
    assert session.search("Task", "task07", context=project).rows("name", "parent.name") == [("task07", "sh2")]


def test_a_row_without_a_selected_value_is_an_error_of_the_server(session: Session, production: Production) -> None:
    from ftrack_orm.entities.reading.flat_rows import FlatRows
    from ftrack_orm.query.columns import Column
    from ftrack_orm.query.language.nodes import Path, Select

    columns = [Column("x", Path.of("status", "name"))]
    flat = FlatRows(columns, Select("Task"), session.schema, is_listed=True)
    bare = {"__entity_type__": "Task", "id": "t", "status": {"__entity_type__": "Status", "id": "s"}}
    with pytest.raises(errors.ProtocolError, match="a row of type Status without name"):
        flat.rows([bare])
