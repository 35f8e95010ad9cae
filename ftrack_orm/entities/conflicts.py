"""State: telling, before a commit overwrites something, whether somebody else has changed it since it was read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from ..errors import CommitConflict
from ..schema.model import Schema
from ..values import NOT_LOADED
from ..wire.operations import Update
from .attempts import Attempt
from .outcome import Call, Found, Replaced, read_present, same


@attrs.frozen
class _Conflict:
    """One attribute that is not what it was when it was read; without an attribute, the entity that is gone."""

    entity_type: str
    key: tuple[str, ...]
    attribute: str | None
    read: Any = None
    present: Any = None

    def __str__(self) -> str:
        what = f"{self.entity_type} {'/'.join(self.key)}"
        if self.attribute is None:
            return f"{what} was deleted"
        return f"{self.attribute} of {what} was {self.read!r} when it was read and is {self.present!r} now"


def check_conflicts(schema: Schema, call: Call, attempt: Attempt) -> None:
    """Raise `CommitConflict` when the server no longer has what the updates of *attempt* are to replace.

    Compared is what the session knows; an attribute set without having been read cannot be in conflict, and neither
    can one that somebody set to the very same value. Takes one request, or none when there is nothing to compare.
    """
    replaced = attempt.snapshot.replaced
    updates = [
        operation for operation in attempt.operations if isinstance(operation, Update) and _known(operation, replaced)
    ]
    if not updates:
        return
    conflicts = list(_conflicts(updates, replaced, read_present(schema, call, updates)))
    if not conflicts:
        return
    sentences = tuple(map(str, conflicts))
    first = conflicts[0]
    more = f" (and {len(sentences) - 1} more)" if len(sentences) > 1 else ""
    raise CommitConflict(
        f"Somebody else changed what the commit would overwrite: {sentences[0]}{more}. Nothing was sent and the "
        "changes are kept: session.refresh shows what the server has, committing without on_conflict overwrites it.",
        entity_type=first.entity_type,
        key=first.key,
        attribute=first.attribute,
        read=first.read,
        present=first.present,
        conflicts=sentences,
    )


def _known(update: Update, replaced: Replaced) -> dict[str, Any]:
    """Return those attributes of an update of which the session knows what the server had."""
    before = replaced.get((update.entity_type, update.key), {})
    return {name: before[name] for name in update.data if before.get(name, NOT_LOADED) is not NOT_LOADED}


def _conflicts(updates: list[Update], replaced: Replaced, found: Found) -> Iterator[_Conflict]:
    for update in updates:
        present = found.values.get((update.entity_type, update.key))
        if present is None:
            yield _Conflict(update.entity_type, update.key, None)
            continue
        for name, read in _known(update, replaced).items():
            now = present.get(name)
            if not same(read, now) and not same(update.data[name], now):
                yield _Conflict(update.entity_type, update.key, name, read, now)
