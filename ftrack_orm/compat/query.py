"""Edge: the results of a query as a sequence that loads its pages when they are needed."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import ServerError, UnknownAttribute, UnknownEntityType

from .error_translation import refused_by_the_server

if TYPE_CHECKING:
    from ftrack_orm.query.builder import Query

    from .interfaces import CompatibleSession

_LIMIT = re.compile(r"\blimit\s+\d+", re.IGNORECASE)
_OFFSET = re.compile(r"\boffset\s+\d+", re.IGNORECASE)
_TEXT = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", re.DOTALL)


class QueryResult(Sequence[Any]):
    """The results of *expression*. Results that were loaded stay: a second iteration makes no request."""

    def __init__(self, session: CompatibleSession, expression: str, page_size: int = 500) -> None:
        self._session = session
        self._expression = expression
        self._page_size = page_size
        self._loaded: list[Any] = []
        self._pages: Iterator[Any] | None = None
        self._is_complete = False
        self._unlisted_name: UnknownAttribute | UnknownEntityType | None = None

    @functools.cached_property
    def _query(self) -> Query[Any]:
        # Made by the first use: the official client reports wrong expressions then, too.
        native = self._session.__unwrap__()
        try:
            return native.query(self._expression, self._page_size)
        except (UnknownAttribute, UnknownEntityType) as error:
            # Servers know names that their schema does not list: the server decides.
            self._unlisted_name = error
            return native.query(self._expression, self._page_size, check=False)

    @contextmanager
    def _requesting(self) -> Iterator[None]:
        """Translate the errors of a request. The error about a name that is not in the schema suggests others."""
        with refused_by_the_server():
            try:
                yield
            except ServerError as error:
                if self._unlisted_name is None:
                    raise
                raise self._unlisted_name from error

    def _load_more(self) -> bool:
        """Load another page; return whether there was one."""
        with self._requesting():
            if self._pages is None:
                self._pages = iter(self._query.pages())
            page = None if self._is_complete else next(self._pages, None)
        if page is None:
            self._is_complete = True
            return False
        self._loaded.extend(map(self._session.shown, page))
        return True

    def _load_all(self) -> list[Any]:
        while self._load_more():
            pass
        return self._loaded

    def __iter__(self) -> Iterator[Any]:
        position = 0
        while position < len(self._loaded) or self._load_more():
            # A page may be empty.
            yield from self._loaded[position : (position := len(self._loaded))]

    def __getitem__(self, index: Any) -> Any:
        stop = index.stop if isinstance(index, slice) else index
        if isinstance(stop, int) and stop >= 0 and not (isinstance(index, slice) and (index.step or 1) < 0):
            while len(self._loaded) <= stop and self._load_more():
                pass
        else:
            self._load_all()
        return self._loaded[index]

    def __len__(self) -> int:
        return len(self._load_all())

    def __bool__(self) -> bool:
        return bool(self._loaded) or any(True for _ in self)

    def all(self) -> list[Any]:
        """Return all results as a list."""
        return list(self._load_all())

    def first(self) -> Any:
        """Return the first result, or None. Raises `ValueError` for an expression with a limit."""
        self._check_without(_LIMIT, "limit")
        with self._requesting():
            return self._session.shown(self._query.first())

    def one(self) -> Any:
        """Return the only result.

        Raises `NoResultFoundError`, `MultipleResultsFoundError`, and `ValueError` for an expression with a limit or an
        offset.
        """
        self._check_without(_LIMIT, "limit")
        self._check_without(_OFFSET, "offset")
        with self._requesting():
            return self._session.shown(self._query.one())

    def _check_without(self, clause: re.Pattern[str], name: str) -> None:
        if clause.search(_TEXT.sub('""', self._expression)):
            raise ValueError(f"The expression has a clause {name!r} already: {self._expression}")

    def __unwrap__(self) -> list[Any]:
        from .conversion import unwrap

        return [unwrap(each) for each in self]

    def __repr__(self) -> str:
        return f"<QueryResult {self._expression!r}>"
