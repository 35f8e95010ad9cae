"""The columns of tables."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.notebook.table_plan import TablePlan, plan_table
from ftrack_orm.query.builder import Query
from tests.production import Production


def plan_of(session: Session, query: Query[Any], *columns: Any, **renamed: Any) -> TablePlan:
    return plan_table(query, columns, renamed, session._workspace.schema, session._parts.configurations)


def test_the_columns_are_those_of_the_call_or_of_the_query_or_of_the_type(session: Session) -> None:
    query = session.query("Task")
    assert plan_of(session, query.select("bid"), "name", shot="parent.name").names == ["name", "shot"]
    assert plan_of(session, query.select("bid", "name")).names == ["bid", "name"]
    assert plan_of(session, query).names[:2] == ["id", "name"]
    grouped = query.group_by(status="status.name").select(tasks="count(id)")
    assert sorted(plan_of(session, grouped).names) == ["status", "tasks"]
    assert plan_of(session, grouped, "tasks").names == ["tasks"]


def test_two_columns_of_one_name_are_refused_and_the_same_one_is_taken_once(session: Session) -> None:
    assert plan_of(session, session.query("Task"), "name", "name").names == ["name"]
    with pytest.raises(errors.QueryError, match="Two columns are called 'name'"):
        plan_of(session, session.query("Task"), "name", name="parent.name")


def test_rows_of_groups_are_rows_of_a_table(session: Session, production: Production) -> None:
    grouped = session.query("Task").where(project_id=production.project).group_by("parent.name").select("count(id)")
    assert grouped.order_by("parent.name").to_arrow().to_pylist() == [
        {"parent.name": f"sh{n}", "count_id": 3} for n in range(4)
    ]


def test_names_that_the_schema_does_not_list_are_columns_of_an_unchecked_query(session: Session) -> None:
    table = session.query("select name, value from Setting", check=False).to_arrow()
    assert table.column_names == ["name", "value"]
    assert table.num_rows


def test_an_unknown_custom_attribute_is_refused_before_the_first_row(session: Session) -> None:
    Task = session.types.Task
    with pytest.raises(errors.UnknownAttribute, match="no_such_key"):
        plan_of(session, session.query(Task), Task.custom_attributes["no_such_key"])


def test_a_query_that_prefers_memory_makes_no_table(session: Session) -> None:
    query = session.query("Task").prefer("memory")
    for call in (query.to_arrow, query.to_dataframe, lambda: query.to_parquet("x.parquet")):
        with pytest.raises(errors.QueryError, match=r"prefer\('server'\)"):
            call()


def test_a_result_is_complete_while_entities_before_the_page_are_deleted(
    session: Session, other: Session, production: Production
) -> None:
    query = session.query("Task").where(project_id=production.project).with_page_size(3)
    reader = query.to_arrow_reader("name")
    names = reader.read_next_batch().column("name").to_pylist()
    for name in names[:2]:
        other.delete(other.query("Task").where(project_id=production.project, name=name).one())
    other.commit()
    names += [name for batch in reader for name in batch.column("name").to_pylist()]
    assert sorted(names) == [f"task{n:02}" for n in range(12)]


def test_an_order_an_offset_and_a_limit_are_kept(session: Session, production: Production) -> None:
    query = session.query("Task").where(project_id=production.project).with_page_size(3)
    assert query.order_by("name desc").offset(1).limit(4).to_arrow("name").column("name").to_pylist() == [
        f"task{n:02}" for n in (10, 9, 8, 7)
    ]
    assert query.limit(7).to_arrow("name").num_rows == 7


def test_a_type_with_several_keys_is_read_by_offset(session: Session) -> None:
    name = next(each.name for each in session._workspace.schema.types.values() if len(each.primary_key) > 1)
    assert plan_of(session, session.query(name)).key is None
    assert plan_of(session, session.query("Task")).key == "id"
    session.query(name).limit(3).to_arrow()
