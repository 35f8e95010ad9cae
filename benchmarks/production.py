"""Pure: the production that most questions are about: what is asked of it, and the ids of what is in it.

It imports nothing of the library, so that a process that measures what the library costs has not paid for it before.
"""

from __future__ import annotations

PAGE_SIZE = 500

#: Twelve attributes over six relations: the answer most questions are about.
EXPRESSION = (
    "select name, description, bid, end_date, status.name, status.color, type.name, priority.name, priority.value, "
    "parent.name, parent.parent.name, project.name from Task"
)
#: As little as can be changed.
NARROW = "select name, bid from Task"

KINDS = ("task", "shot", "sequence", "project", "status", "type", "priority", "objecttype")


def key(kind: str, number: int) -> str:
    """Return the id of an entity of one of `KINDS`, in any case; it is the same in every process."""
    return f"{KINDS.index(kind.lower()) + 1:08x}-0000-4000-8000-{number:012x}"
