"""Pure: the errors of Python's protocols that have no single meaning for an entity, and its part in copies of data.

The length of a task could be the number of its attributes or of its children, so `len(task)` says how to write either.
Without these errors, Python would fall back to numbers as names of attributes.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from ftrack_orm.errors import InvalidValue, UsageError

if TYPE_CHECKING:
    from types import FrameType

#: Special method -> the end of the sentence about an entity that does not support it.
_REASONS: Final = {
    "__iter__": (
        "is one entity and has nothing to iterate over. Write dict(inspect(entity).loaded) for its loaded values, "
        'dict(session.snapshot(entity)) for plain copies of them, list(session.schema.type("{type}").attributes) for '
        "the names of its attributes, or session.query(...) for several entities"
    ),
    "__len__": (
        "has no length. Write len(inspect(entity).loaded) for the number of its loaded values, or the length of one of "
        "its collections: len(entity.children)"
    ),
    "__lt__": "has no order. Write the attribute to compare, as in sorted(entities, key=lambda entity: entity.id)",
    "__contains__": (
        "has names of attributes only: 'name' in entity. To search a collection, write it: item in entity.children"
    ),
    "__delitem__": (
        "keeps all of its attributes. Write session.revert(entity, 'name') to take a change back, or "
        "entity['name'] = None to clear the attribute"
    ),
}

#: The modules that copy the parts of larger values.
_COPYING_MODULES: Final = frozenset({"copy", "dataclasses"})


def unsupported(entity: Any, method: str) -> InvalidValue:
    """Return the error for the special *method* of an entity, which says what to write instead."""
    kind = entity.__entity_type__
    return InvalidValue(f"{entity!r} {_REASONS[method].replace('{type}', kind)}.", entity_type=kind)


def not_copied(entity: Any) -> UsageError:
    """Return the error for copying or pickling an entity."""
    return UsageError(
        f"{entity!r} belongs to its session and cannot be copied or pickled; pass its id and use session.get, or pass "
        "its values: session.snapshot(entity).",
        entity_type=entity.__entity_type__,
    )


def is_part_of_copy() -> bool:
    """Return whether the caller, a `__deepcopy__`, runs for a part of the value that is being copied."""
    # The frames are those of this function, of `__deepcopy__`, of `copy.deepcopy` and of its caller.
    frame: FrameType | None = sys._getframe()
    for _ in range(3):
        frame = None if frame is None else frame.f_back
    return frame is not None and frame.f_globals.get("__name__") in _COPYING_MODULES
