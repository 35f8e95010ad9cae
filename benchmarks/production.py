"""Pure: the prepared production of most benchmarks: the queries for its entities, and their ids.

It imports nothing of the library, so that a process that measures the cost of imports has not imported it before.
"""

from __future__ import annotations

PAGE_SIZE = 500

#: Twelve attributes over six relations, the query of most benchmarks.
EXPRESSION = (
    "select name, description, bid, end_date, status.name, status.color, type.name, priority.name, priority.value, "
    "parent.name, parent.parent.name, project.name from Task"
)
#: The minimum for changing an attribute.
NARROW = "select name, bid from Task"

ENTITY_TYPES = ("task", "shot", "sequence", "project", "status", "type", "priority", "objecttype")


def key(entity_type: str, number: int) -> str:
    """Return the id of an entity of one of `ENTITY_TYPES`, regardless of case; it is the same in every process."""
    return f"{ENTITY_TYPES.index(entity_type.lower()) + 1:08x}-0000-4000-8000-{number:012x}"
