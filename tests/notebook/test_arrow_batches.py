"""Tables of Arrow."""

from __future__ import annotations

import datetime
import sys
from typing import Any

import pyarrow
import pytest

from ftrack_orm import Session, errors
from ftrack_orm.notebook.arrow_batches import arrow_schema, record_batch
from ftrack_orm.notebook.table_plan import plan_table
from ftrack_orm.query.builder import Query
from tests.production import Production


@pytest.fixture
def tasks(session: Session, production: Production) -> Query[Any]:
    return session.query("Task").where(project_id=production.project).order_by("name")


def test_a_table_has_the_values_of_rows(tasks: Query[Any]) -> None:
    columns = ("name", "bid", "end_date", "parent.name", "assignments.resource.username")
    table = tasks.to_arrow(*columns, status="status.name")
    assert table.column_names == [*columns, "status"]
    rows = [tuple(row.values()) for row in table.to_pylist()]
    assert rows == [(*row[:4], list(row[4]), row[5]) for row in tasks.rows(*columns, status="status.name")]
    assert table.schema.field("end_date").type == pyarrow.timestamp("us", tz="UTC")


def test_a_table_without_rows_has_the_same_schema(session: Session, tasks: Query[Any]) -> None:
    columns = ("name", "end_date", "metadata", "assignments.resource.username")
    assert tasks.where("name is no_such_task").to_arrow(*columns).schema == tasks.to_arrow(*columns).schema
    never = session.query("Task").where(session.types.Task.id.in_([]))
    assert never.to_arrow(*columns).schema == tasks.to_arrow(*columns).schema


def test_a_reader_has_a_batch_for_each_page(tasks: Query[Any]) -> None:
    reader = tasks.with_page_size(5).to_arrow_reader("name")
    assert [batch.num_rows for batch in reader] == [5, 5, 2]


def test_text_that_has_no_encoding_is_an_error_that_names_the_column(session: Session) -> None:
    plan = plan_table(session.query("Task"), ["name"], {}, session._workspace.schema, session._parts.configurations)
    schema = arrow_schema(plan)
    assert record_batch(plan, schema, [("a",), (None,)]).num_rows == 2
    with pytest.raises(errors.ProtocolError, match="'name' has no form in Arrow"):
        record_batch(plan, schema, [("\ud800",)])


def test_the_error_without_pyarrow_names_the_extra(tasks: Query[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for call in (tasks.to_arrow, tasks.to_arrow_reader, lambda: tasks.to_parquet("x.parquet")):
        with pytest.raises(errors.UsageError, match=r"ftrack-orm\[notebook\]"):
            call()


def test_days_before_the_common_era_of_computers_are_kept(session: Session) -> None:
    plan = plan_table(session.query("Task"), ["end_date"], {}, session._workspace.schema, session._parts.configurations)
    moments = [datetime.datetime(year, 1, 1, tzinfo=datetime.timezone.utc) for year in (1, 1969, 9999)]
    batch = record_batch(plan, arrow_schema(plan), [(moment,) for moment in moments])
    assert batch.column(0).to_pylist() == moments
