"""Edge: inserts contexts: folders, asset builds, episodes, sequences, shots, milestones and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.sandbox.seeds import workflows

from . import calendar
from .contexts import ContextRow

if TYPE_CHECKING:
    from ftrack_orm.sandbox.seeds.row_writer import RowBuffer, RowWriter
    from ftrack_orm.sandbox.tables import Tables

    from .people import Crew
    from .random_source import RandomSource

_COLUMNS = (
    "id name parent_id project_id context_type type_id status_id priority_id bid sort start_date end_date created_at "
    "created_by_id description"
)


class ContextWriter:
    """Inserts contexts below a parent. A type that the schema lacks is replaced by another one."""

    def __init__(self, writer: RowWriter, random: RandomSource, crew: Crew) -> None:
        self._writer, self._random, self._crew = writer, random, crew
        self._buffers: dict[str, RowBuffer] = {}

    def insert(
        self,
        entity_type: str,
        parent: ContextRow,
        name: str,
        *,
        sort: int,
        status: str = "Not started",
        type_name: str = "",
        days: tuple[int, int] | None = None,
        description: str | None = None,
        priority: str = "None",
        bid: int = 0,
        created_day: int = 0,
        id_: str = "",
    ) -> ContextRow:
        """Insert a context. *days* are its first and last working day, *bid* is in seconds."""
        entity_type = substitute_type(self._writer.tables, entity_type)
        id_ = id_ or self._random.uuid()
        start, end = (calendar.DAY_START[days[0]], calendar.DAY_END[days[1]]) if days else (None, None)
        if entity_type not in self._buffers:
            self._buffers[entity_type] = self._writer.buffer(entity_type, _COLUMNS)
        self._buffers[entity_type].add(
            id_, name, parent.id, parent.project_id, "task", workflows.type_id(type_name) if type_name else None,
            workflows.status_id(status), workflows.priority_id(priority), bid, sort, start, end,
            calendar.timestamp(created_day, 8), self._crew.producers[0], description,
        )  # fmt: skip
        return ContextRow(id_, entity_type, name, f"{parent.path}/{name}", parent.project_id, parent.depth + 1)


def substitute_type(tables: Tables, entity_type: str) -> str:
    """Return an entity type of the schema for one that the demo needs: the type itself, or another container.

    Raises `SandboxUnsupported` if the schema has no type of context that can contain others.
    """
    if entity_type in tables.schema.types:
        return entity_type
    containers = [name for name in tables.schema.subtypes.get("TypedContext", ()) if name not in ("Task", "Milestone")]
    if not containers:
        raise SandboxUnsupported(
            f"The demo seed needs the entity type {entity_type} or another type of context in its place, and the "
            'schema has none. Use the seed "empty".'
        )
    return "Folder" if "Folder" in containers else min(containers)
