"""State: the options that a caller sets for requests: for one query, one commit, one call, or all of a block."""

from __future__ import annotations

import contextvars
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import attrs

from .errors import InvalidValue, quoted
from .setting_checks import MAX_SECONDS, check_header_name, check_header_value, is_duration

if TYPE_CHECKING:
    from .transport.cancellation import Cancellation


def _to_headers(value: Any) -> Any:
    # Refused by the validator, which runs when the object is complete: tools that print tracebacks print it as well.
    is_valid = isinstance(value, Mapping) and all(isinstance(name, str) for name in value)
    return {name.lower(): text for name, text in value.items()} if is_valid else value or {}


def _check_headers(options: RequestOptions, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, Mapping):
        raise InvalidValue(f"headers must be a mapping of names to texts, not a value of type {type(value).__name__}.")
    for name, text in value.items():
        check_header_name(name)
        check_header_value(f"headers[{name!r}]", text)


def _check_push_token(options: RequestOptions, attribute: attrs.Attribute[Any], value: str | None) -> None:
    if value is not None:
        check_header_value("push_token", value)


def _check_timeout(options: RequestOptions, attribute: attrs.Attribute[Any], value: float | None) -> None:
    if value is not None and not is_duration(value):
        raise InvalidValue(
            f"timeout must be a number of seconds above 0, at most {MAX_SECONDS:,} (three years), not {quoted(value)}."
        )


def _check_cancellation(options: RequestOptions, attribute: attrs.Attribute[Any], value: Any) -> None:
    is_cancellation = callable(getattr(value, "on_cancel", None)) and not isinstance(value, type)
    if value is not None and not is_cancellation:
        raise InvalidValue(f"cancellation must be an ftrack_orm.Cancellation(), not {quoted(value)}.")


@attrs.frozen
class RequestOptions:
    """The options of the requests that one query, commit, call or block makes.

    *headers* are sent in addition to those of the session, and override them. The server repeats *push_token* in the
    events that the requests cause. *timeout* is the number of seconds that the server may stay silent, and
    `cancellation.cancel()` on any thread ends the requests at once. None stands for the session's own. Raises
    `InvalidValue`, and `SettingsError` for a header that cannot be sent.
    """

    headers: Mapping[str, str] = attrs.field(
        default=None, converter=_to_headers, validator=_check_headers, repr=False, hash=False
    )
    push_token: str | None = attrs.field(default=None, validator=_check_push_token)
    timeout: float | None = attrs.field(default=None, validator=_check_timeout)
    cancellation: Any = attrs.field(default=None, validator=_check_cancellation)

    def over(self, outer: RequestOptions) -> RequestOptions:
        """Return these options, with those of *outer* in place of the ones that are not set. Headers are joined."""
        return RequestOptions(
            {**outer.headers, **self.headers},
            outer.push_token if self.push_token is None else self.push_token,
            outer.timeout if self.timeout is None else self.timeout,
            outer.cancellation if self.cancellation is None else self.cancellation,
        )

    def without_cancellation(self) -> RequestOptions:
        """Return the options that can be pickled. A cancellation belongs to the threads of one process."""
        return attrs.evolve(self, cancellation=None)


NO_OPTIONS: Final = RequestOptions()

_NO_BLOCKS: Mapping[int, RequestOptions] = MappingProxyType({})

#: The options of the blocks that this thread or task is in, by the id of the `OptionBlocks`.
_BLOCKS: contextvars.ContextVar[Mapping[int, RequestOptions]] = contextvars.ContextVar(
    "ftrack_orm_request_options", default=_NO_BLOCKS
)


class OptionBlocks:
    """The blocks in which the requests of one session have options. Each thread and task has blocks of its own."""

    def current(self) -> RequestOptions:
        """Return the options of the block that the current flow is in."""
        blocks = _BLOCKS.get()
        return blocks.get(id(self), NO_OPTIONS) if blocks else NO_OPTIONS

    def using(self, options: RequestOptions | None) -> AbstractContextManager[None]:
        """Give the requests of a `with` block *options*, over those of the block around it."""
        return nullcontext() if options is None or options == NO_OPTIONS else self._block(options)

    def using_given(
        self,
        headers: Mapping[str, str] | None,
        push_token: str | None,
        timeout: float | None,
        cancellation: Cancellation | None,
    ) -> AbstractContextManager[None]:
        """Give the requests of a `with` block the options of which any are given. Raises as `RequestOptions` does."""
        if (headers, push_token, timeout, cancellation) == (None, None, None, None):
            return nullcontext()
        return self._block(RequestOptions(headers, push_token, timeout, cancellation))

    @contextmanager
    def _block(self, options: RequestOptions) -> Iterator[None]:
        blocks = _BLOCKS.get()
        token = _BLOCKS.set({**blocks, id(self): options.over(blocks.get(id(self), NO_OPTIONS))})
        try:
            yield
        finally:
            _BLOCKS.reset(token)
