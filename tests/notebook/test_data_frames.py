"""Data frames of polars and pandas."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterator
from typing import Any

import attrs
import pandas
import polars
import pytest

from ftrack_orm import Session, errors
from ftrack_orm.notebook.column_types import ColumnType
from ftrack_orm.notebook.data_frames import data_frame
from ftrack_orm.notebook.table_plan import TablePlan
from ftrack_orm.query.builder import Query
from ftrack_orm.schema.attribute import ValueType
from tests.production import Connect, Production

COLUMNS = ("name", "bid", "end_date", "project.is_private", "assignments.resource.username", "metadata")


@pytest.fixture
def tasks(session: Session, production: Production, connect: Connect) -> Query[Any]:
    with connect() as editor:
        (task,) = editor.query("Task").where(id=production.tasks[0])
        task.metadata["renderer"] = "karma"
        editor.commit()
    return session.query("Task").where(project_id=production.project).order_by("name")


def test_a_frame_of_polars_has_the_values_of_rows(tasks: Query[Any]) -> None:
    frame = tasks.to_dataframe(*COLUMNS, as_="polars")
    assert frame.schema == {
        "name": polars.String,
        "bid": polars.Float64,
        "end_date": polars.Datetime("us", "UTC"),
        "project.is_private": polars.Boolean,
        "assignments.resource.username": polars.List(polars.String),
        "metadata": polars.String,
    }
    rows = tasks.rows(*COLUMNS)
    assert [row[:4] for row in frame.rows()] == [row[:4] for row in rows]
    assert frame["metadata"].to_list() == ['{"renderer": "karma"}', *["{}"] * 11]
    assert tasks.where("name is none").to_dataframe(*COLUMNS, as_="polars").schema == frame.schema


def test_a_frame_of_pandas_has_the_values_of_rows(tasks: Query[Any]) -> None:
    frame = tasks.to_dataframe(*COLUMNS, as_="pandas")
    assert list(map(str, frame.dtypes)) == ["string", "float64", "datetime64[us, UTC]", "boolean", "object", "string"]
    assert frame["name"].tolist() == [f"task{n:02}" for n in range(12)]
    assert frame["end_date"].isna().all()
    assert list(tasks.where("name is none").to_dataframe(*COLUMNS, as_="pandas").dtypes) == list(frame.dtypes)


def test_whole_numbers_stay_whole_beside_missing_ones(session: Session, production: Production) -> None:
    tasks = session.query("Task").where(project_id=production.project)
    counts = tasks.group_by("parent.name").select("count(id)").to_dataframe(as_="pandas")
    assert str(counts["count_id"].dtype) == "Int64"
    assert counts["count_id"].tolist() == [3] * 4


def test_the_frame_is_of_the_library_that_is_installed(tasks: Query[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(tasks.to_dataframe("name"), polars.DataFrame)
    monkeypatch.setitem(sys.modules, "polars", None)
    assert isinstance(tasks.to_dataframe("name"), pandas.DataFrame)
    with pytest.raises(errors.UsageError, match="pip install polars"):
        tasks.to_dataframe("name", as_="polars")
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(errors.UsageError, match="needs polars or pandas"):
        tasks.to_dataframe("name")


def test_frames_need_no_pyarrow(tasks: Query[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert tasks.to_dataframe(*COLUMNS, as_="polars").height == 12


def test_another_library_is_refused(tasks: Query[Any]) -> None:
    with pytest.raises(errors.QueryError, match="'polars' or 'pandas', not 'dask'"):
        tasks.to_dataframe("name", as_="dask")  # type: ignore[call-overload]


@pytest.mark.parametrize("library", [polars, pandas], ids=["polars", "pandas"])
def test_datetimes_of_any_year_are_kept(session: Session, library: Any) -> None:
    moments = [datetime.datetime(year, 1, 1, tzinfo=datetime.timezone.utc) for year in (1, 1969, 2024, 9999)]
    rows = [(moment,) for moment in [*moments, None]]
    plan = StoredRows(session.query("Task"), [], ["day"], [ColumnType(ValueType.DATETIME)], rows=rows)
    frame = data_frame(plan, library)
    assert [each.isoformat() for each in frame["day"].to_list()[:4]] == [each.isoformat() for each in moments]
    assert "us" in str(frame["day"].dtype)
    plan = StoredRows(session.query("Task"), [], ["name"], [ColumnType(ValueType.TEXT)], rows=[("\ud800",)])
    with pytest.raises(errors.ProtocolError, match="column 'name' has no form in polars"):
        data_frame(plan, polars)


@attrs.frozen
class StoredRows(TablePlan):
    """A table of rows that no server has sent."""

    rows: list[tuple[Any, ...]] = attrs.field(kw_only=True)

    def pages(self) -> Iterator[list[tuple[Any, ...]]]:
        yield self.rows
