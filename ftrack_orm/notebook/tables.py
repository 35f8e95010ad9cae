"""Edge: makes tables of a session's queries; implements `query.tables.TableMaker`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .table_plan import TablePlan, plan_table

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services
    from ftrack_orm.query.builder import Query
    from ftrack_orm.query.tables import RowProgress


class Tables:
    """The tables of one session, whose parts *services* gives access to."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def arrow_reader(self, query: Query[Any], columns: Sequence[Any], renamed: Mapping[str, Any]) -> Any:
        """Return the `pyarrow.RecordBatchReader` of *query*, with a batch for each page."""
        from .arrow_batches import arrow_schema, record_batch, require_pyarrow

        pa = require_pyarrow()
        plan = self._plan(query, columns, renamed)
        schema = arrow_schema(plan)
        return pa.RecordBatchReader.from_batches(schema, (record_batch(plan, schema, page) for page in plan.pages()))

    def data_frame(
        self, query: Query[Any], columns: Sequence[Any], renamed: Mapping[str, Any], library: str | None
    ) -> Any:
        """Return the data frame of *query*, of *library* or else of the first that is installed."""
        from .data_frames import data_frame, find_library

        module = find_library(library)
        return data_frame(self._plan(query, columns, renamed), module)

    def write_parquet(
        self,
        query: Query[Any],
        target: Any,
        columns: Sequence[Any],
        renamed: Mapping[str, Any],
        *,
        overwrite: bool,
        on_progress: RowProgress | None,
    ) -> int:
        """Write *query* to a file or a binary stream, and return the number of rows."""
        from .parquet import write_parquet

        reader = self.arrow_reader(query, columns, renamed)
        return write_parquet(reader, target, overwrite=overwrite, on_progress=on_progress)

    def _plan(self, query: Query[Any], columns: Sequence[Any], renamed: Mapping[str, Any]) -> TablePlan:
        workspace = self._services.workspace
        workspace.check_open("The query cannot be run")
        return plan_table(query, columns, renamed, self._services.schema, workspace.configurations)  # type: ignore[arg-type]
