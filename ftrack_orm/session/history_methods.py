"""Edge: the methods of a session about past and coming commits: receipts, history, and the rules of a studio."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from ftrack_orm.entities.entity import Entity

from .session_methods import SessionMethods

if TYPE_CHECKING:
    import datetime
    import os

    from ftrack_orm.entities.committing.receipt import Receipt
    from ftrack_orm.entities.committing.saved_changes import SessionChanges

    from .history import HistoryEntry

_F = TypeVar("_F", bound="Callable[[SessionChanges], Any]")


class HistoryMethods(SessionMethods):
    """The methods of `Session` about commits: those made before, and those to come."""

    def before_commit(self, function: _F) -> _F:
        """Call `function(changes)` before every commit of this session sends anything; usable as a decorator.

        *changes* are the `SessionChanges` that the commit would send. The function refuses the commit by raising
        `ValueError`, or by yielding or returning sentences, or pairs of an entity and a sentence. All failures of all
        functions and validators are raised as one `ValidationFailed`, and nothing is sent. Edits that a function makes
        are part of the commit. `Query.update`, `Query.delete`, `session.call` and undos are no commits of changes, and
        call no functions. Raises `UsageError` for anything but a function.
        """
        from ftrack_orm.entities.committing.validation import add_rule

        add_rule(self._parts.workspace, function)
        return function

    def stop_before_commit(self, function: Callable[[SessionChanges], Any]) -> None:
        """Stop calling *function* before commits. Does nothing for one that is not registered."""
        with suppress(ValueError):
            self._parts.workspace.commit_rules.remove(function)

    def history(
        self,
        entities: Entity | Iterable[Entity],
        *,
        attributes: str | Iterable[str] | None = None,
        since: datetime.datetime | None = None,
    ) -> list[HistoryEntry]:
        """Return the changes of *entities* that the server has recorded, the oldest first: who changed what when.

            for entry in session.history(task, attributes=["status", "bid"]):
                print(entry.time, entry.user.username, entry.old, entry.new)

        *attributes* are names of attributes and keys of custom attributes; other changes are left out. *since* is the
        time of the oldest change. The number of requests depends on the number of types and pages, not on that of the
        entities. What ftrack records is not documented completely: entries may lack values (`NOT_LOADED`), and old
        records may be gone. Raises `UnknownAttribute`, and `InvalidValue` for collections and for anything but entities
        of this session.
        """
        from .history import read_history

        listed = (entities,) if isinstance(entities, Entity) else entities
        names = (attributes,) if isinstance(attributes, str) else attributes
        return read_history(self._parts.workspace, self._parts.handshake.call, listed, names, since)

    def load_receipt(self, path: str | os.PathLike[str]) -> Receipt:
        """Return the receipt in a file that `receipt.save(path)` has written, so that this session can undo it.

        Raises `StorageError` for a file that cannot be read, `InvalidValue`, which states the place, for a damaged one,
        and `UnknownEntityType` and `UnknownAttribute` for names that this server's schema does not have.
        """
        return self._parts.unit_of_work.load_receipt(path)
