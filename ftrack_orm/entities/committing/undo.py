"""State: taking a commit back: the plan of its undo, the conflicts, what is not restored, and sending it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ftrack_orm.entities.row_queries import IDS_PER_QUERY, in_parts, query_rows
from ftrack_orm.errors import UsageError
from ftrack_orm.query.language.nodes import Membership, Path, Select
from ftrack_orm.wire.operations import CreateOperation, DeleteOperation, Operation, UpdateOperation

from .committed_operations import CREATE, ReceiptContent
from .conflicts import Conflict, conflict_error
from .receipt import Receipt
from .restorable import comparable_scalars
from .undo_planning import UndoPlanner

if TYPE_CHECKING:
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.wire.operations import ServerCall

    from .planning import Plan, ValuesByTarget

#: Sends operations with the values that they replace, and returns the receipt.
CommitOperations = Callable[[Sequence[Operation], "ValuesByTarget"], Receipt]

_NOTE, _RECIPIENT = "Note", "Recipient"


class Undo:
    """The plan that takes a commit back, compared with the server at the moment it was made. Nothing is sent yet.

    `operations` are those it sends, in order. `conflicts` has a sentence for each change that was made since and that
    the undo would overwrite, and `not_restored` one for each thing that it cannot bring back. `print(undo)` shows all
    of them, and `commit()` sends the operations.
    """

    def __init__(
        self,
        schema: Schema,
        call: ServerCall,
        commit_operations: CommitOperations,
        operations: Plan,
        replaced: ValuesByTarget,
        conflicts: Sequence[Conflict],
        not_restored: Sequence[str],
    ) -> None:
        self._schema = schema
        self._call = call
        self._commit_operations = commit_operations
        self._replaced = replaced
        self._conflicts = conflicts
        self._is_committed = False
        self.operations = operations
        self.conflicts = tuple(map(str, conflicts))
        self.not_restored = tuple(not_restored)

    def commit(self, *, overwrite: bool = False) -> Receipt:
        """Send the operations in one request and return their receipt, whose undo does the commit again.

        Raises `CommitConflict` when there are conflicts, unless *overwrite* is true; nothing is sent then. Raises
        `UsageError` when it is called twice, and otherwise the errors of `session.commit`. Unsaved edits of the session
        are not sent, and rules of `session.before_commit` do not run.

        Values that the server has set by itself while it created entities again, in place of null, are set to null by
        a second request.
        """
        if self._is_committed:
            raise UsageError("This undo was committed already. receipt.undo() compares with the server again.")
        if self._conflicts and not overwrite:
            raise conflict_error(
                self._conflicts,
                "The undo would overwrite a change that was made since the commit",
                "Nothing was sent: undo.commit(overwrite=True) overwrites it.",
            )
        receipt = self._commit_operations(self.operations, self._replaced)
        self._is_committed = True
        corrections = self._corrections(receipt.content)
        if not corrections:
            return receipt
        return joined(receipt, self._commit_operations(corrections, {}))

    def _corrections(self, content: ReceiptContent) -> list[Operation]:
        """Return the operations that take back what the server has added to the created entities by itself."""
        sent = {
            (each.entity_type, str(each.data.get("id"))): each.data
            for each in self.operations
            if isinstance(each, CreateOperation)
        }
        corrections: list[Operation] = []
        notes: list[str] = []
        for operation in content.operations:
            if operation.action != CREATE or len(operation.key) != 1:
                continue
            kind = self._schema.type(operation.entity_type)
            data = sent.get((operation.entity_type, operation.key[0]), {})
            added = {
                name: None
                for name, value in (operation.after or {}).items()
                if value is not None
                and name not in data
                and name in comparable_scalars(kind)
                and not kind.attributes[name].immutable
            }
            if added:
                corrections.append(UpdateOperation(operation.entity_type, operation.key, added))
            if operation.entity_type == _NOTE:
                notes.append(operation.key[0])
        return [*corrections, *self._added_recipients(notes)]

    def _added_recipients(self, notes: Sequence[str]) -> list[Operation]:
        """Return the deletions of the recipients that the server has added to restored notes (PROTOCOL 8.1)."""
        if not notes or _RECIPIENT not in self._schema.types:
            return []
        kind = self._schema.type(_RECIPIENT)
        sent = {
            tuple(str(each.data.get(name)) for name in kind.primary_key)
            for each in self.operations
            if isinstance(each, CreateOperation) and each.entity_type == _RECIPIENT
        }
        selects = [
            Select(_RECIPIENT, tuple(map(Path.of, kind.primary_key)), Membership(Path.of("note_id"), tuple(part)))
            for part in in_parts(notes, IDS_PER_QUERY)
        ]
        keys = [
            tuple(str(row[name]) for name in kind.primary_key) for row in query_rows(self._call, selects, self._schema)
        ]
        return [DeleteOperation(_RECIPIENT, key) for key in keys if key not in sent]

    def __bool__(self) -> bool:
        return bool(self.operations)

    def __str__(self) -> str:
        parts = [str(self.operations)]
        if self.conflicts:
            parts += ["Conflicts:", *(f"  {each}" for each in self.conflicts)]
        if self.not_restored:
            parts += ["Not restored:", *(f"  {each}" for each in self.not_restored)]
        return "\n".join(parts)

    def _repr_html_(self) -> str:
        from ftrack_orm.notebook.plan_html import plan_html

        remarks = [f"conflict: {each}" for each in self.conflicts]
        remarks += [f"not restored: {each}" for each in self.not_restored]
        return plan_html(self.operations.as_json(), remarks)

    def __repr__(self) -> str:
        return (
            f"<Undo: {len(self.operations)} operations, {len(self.conflicts)} conflicts, "
            f"{len(self.not_restored)} not restored>"
        )


def plan_undo(
    workspace: Workspace, call: ServerCall, commit_operations: CommitOperations, content: ReceiptContent
) -> Undo:
    """Return the undo of the commit whose receipt has *content*."""
    planner = UndoPlanner(workspace, call, content)
    planner.run()
    return Undo(
        workspace.schema,
        call,
        commit_operations,
        planner.plan(),
        planner.replaced,
        planner.conflicts,
        planner.not_restored,
    )


def joined(first: Receipt, second: Receipt) -> Receipt:
    """Return one receipt for two commits, the second right after the first."""

    def describe() -> ReceiptContent:
        one, other = first.content, second.content
        return ReceiptContent(
            (*one.operations, *other.operations),
            (*one.side_effects, *other.side_effects),
            tuple(dict.fromkeys((*one.gaps, *other.gaps))),
        )

    return Receipt(int(first) + int(second), describe, first._undo)
