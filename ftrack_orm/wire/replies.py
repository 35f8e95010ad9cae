"""Pure: the replies to the operations of a request, as values."""

from __future__ import annotations

from typing import Any, Union

import attrs


@attrs.frozen
class QueryReply:
    """The reply to a query or search: entities as JSON objects, and the offset of the next page if there is one."""

    data: list[dict[str, Any]]
    next_offset: int | None = None


@attrs.frozen
class WriteReply:
    """The reply to a create or update: the entity as the server now has it, as a JSON object."""

    data: dict[str, Any]


@attrs.frozen
class DeleteReply:
    """The reply to a delete."""

    done: bool


@attrs.frozen
class RawReply:
    """The reply to any other action, as JSON."""

    body: Any


Reply = Union[QueryReply, WriteReply, DeleteReply, RawReply]
