"""State: switches of a session for the time of a `with` block."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .interfaces import CompatibleSession


class AutoPopulatingContext:
    """Sets `auto_populate` of a session for the time of a `with` block."""

    def __init__(self, session: CompatibleSession, auto_populate: bool) -> None:
        self._session = session
        self._auto_populate = auto_populate
        self._before = auto_populate

    def __enter__(self) -> None:
        self._before = self._session.auto_populate
        self._session.auto_populate = self._auto_populate

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.auto_populate = self._before


class OperationRecordingContext:
    """Sets `record_operations` of a session for the time of a `with` block."""

    def __init__(self, session: CompatibleSession, record_operations: bool) -> None:
        self._session = session
        self._record_operations = record_operations
        self._before = record_operations

    def __enter__(self) -> None:
        self._before = self._session.record_operations
        self._session.record_operations = self._record_operations

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.record_operations = self._before
