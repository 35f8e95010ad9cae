"""Edge: makes tables and HTML of a session's queries and entities; implements `query.tables.TableMaker`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ftrack_orm.transport.redaction import REDACTED

from .table_plan import TablePlan, plan_table

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services
    from ftrack_orm.entities.committing.deletion_preview import DeletionPreview
    from ftrack_orm.entities.committing.saved_changes import SessionChanges
    from ftrack_orm.entities.custom_attributes.value_table import CustomValues
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.entities.tracked import Tracked
    from ftrack_orm.query.builder import Query
    from ftrack_orm.query.tables import RowProgress

    from .cells import AddressOf
    from .pictures import Pictures


class QueryTables:
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

    def html(self, query: Query[Any]) -> str:
        """Return the first results of *query* as an HTML table; one request, and one for each new thumbnail."""
        from .query_html import query_html

        return self._without_key(query_html(query, self._services.schema, self._address_of, self._pictures.fetch))

    def entity_html(self, entity: Entity) -> str:
        """Return the loaded values of *entity* as an HTML table. Makes no request."""
        from .entity_html import entity_html

        return self._without_key(entity_html(entity, self._address_of, self._pictures.known))

    def tracked_html(self, value: Tracked, owner: Entity, name: str) -> str:
        """Return the content of *value*, the attribute *name* of *owner*, as an HTML table. Makes no request."""
        from .tracked_html import tracked_html

        known, address_of = self._pictures.known, self._address_of
        return self._without_key(tracked_html(value, owner, name, self._services.schema, address_of, known))

    def changes_html(self, changes: SessionChanges) -> str:
        """Return the recorded changes of the session as an HTML table. Makes no request."""
        from .summaries_html import changes_html

        return self._without_key(changes_html(changes, self._address_of))

    def custom_values_html(self, values: CustomValues) -> str:
        """Return the custom attributes of many entities as an HTML table. Makes no request."""
        from .summaries_html import custom_values_html

        return self._without_key(custom_values_html(values, self._address_of))

    def deletion_html(self, preview: DeletionPreview) -> str:
        """Return the preview of a deletion as an HTML table. Makes no request."""
        from .summaries_html import deletion_html

        return self._without_key(deletion_html(preview, self._address_of))

    def _without_key(self, html: str) -> str:
        """Return *html* without the API key, which a value may hold: notebooks are passed on."""
        key = self._services.settings.api_key
        return html.replace(key, REDACTED) if key else html

    @property
    def _address_of(self) -> AddressOf:
        from .cells import addresses_on

        return addresses_on(self._services.settings.server_url)

    @cached_property
    def _pictures(self) -> Pictures:
        from .pictures import Pictures

        return Pictures(self._services.settings, self._services.transport)

    def _plan(self, query: Query[Any], columns: Sequence[Any], renamed: Mapping[str, Any]) -> TablePlan:
        workspace = self._services.workspace
        workspace.check_open("The query cannot be run")
        return plan_table(query, columns, renamed, self._services.schema, workspace.configurations)  # type: ignore[arg-type]
