"""Pure: the receipt of a commit: its operations with the values before and after them, which compares as their number.

A receipt is an integer, so that code that uses the number of operations goes on working. What it knows beyond that is
put together when it is first asked for: most commits are never looked at again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import UsageError

from .committed_operations import CommittedOperation, ReceiptContent

if TYPE_CHECKING:
    import os

    from .undo import Undo


class Receipt(int):
    """The number of operations of a commit, and what they have changed.

    It is an integer: `if session.commit():`, comparisons and sums work as with the number. `operations` has the changes
    with the values before and after, and `undo()` returns the plan that takes them back. `save(path)` writes the
    receipt to a file, which `session.load_receipt(path)` reads in another process.
    """

    _describe: Callable[[], ReceiptContent]
    _undo: Callable[[Receipt], Undo] | None

    def __new__(
        cls,
        number: int = 0,
        describe: Callable[[], ReceiptContent] = ReceiptContent,
        undo: Callable[[Receipt], Undo] | None = None,
    ) -> Receipt:
        self = super().__new__(cls, number)
        self._describe = describe
        self._undo = undo
        return self

    @property
    def operations(self) -> tuple[CommittedOperation, ...]:
        """The changes of the commit, in the order in which the server has made them."""
        return self.content.operations

    @property
    def side_effects(self) -> tuple[CommittedOperation, ...]:
        """The changes that followed from deletions: entities that were deleted too, and keys that became null."""
        return self.content.side_effects

    @property
    def gaps(self) -> tuple[str, ...]:
        """A sentence for each reason why the receipt lacks values from before the commit."""
        return self.content.gaps

    @property
    def content(self) -> ReceiptContent:
        """Operations, side effects and gaps as one value."""
        content = self._describe()
        self._describe = lambda: content
        return content

    def undo(self) -> Undo:
        """Return the plan that takes the commit back, after comparing the server with the receipt. It changes nothing.

        `print(undo)` shows its operations, the conflicts with changes that were made since, and what it cannot restore.
        `undo.commit()` sends it. The number of requests depends on the entity types and the depth of trees, not on the
        number of entities. Raises the errors of requests, and `UsageError` for a receipt that has lost its session.
        """
        if self._undo is None:
            raise UsageError(
                "A receipt that was copied to another process has no session. Write it with receipt.save(path) and "
                "read it with session.load_receipt(path)."
            )
        return self._undo(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the receipt to a JSON file, which `session.load_receipt` reads again.

        The file is written atomically. Raises `StorageError` when it cannot be written.
        """
        from .receipt_file import write_receipt

        write_receipt(path, int(self), self.content)

    def __str__(self) -> str:
        return int.__repr__(self)

    def __format__(self, specification: str) -> str:
        return format(int(self), specification)

    def __repr__(self) -> str:
        return f"<Receipt: {int(self)} operation{'' if self == 1 else 's'}>"

    def __copy__(self) -> Receipt:
        return self

    def __deepcopy__(self, memo: Any) -> Receipt:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _without_session, (int(self), self.content)


def _without_session(number: int, content: ReceiptContent) -> Receipt:
    return Receipt(number, lambda: content)
