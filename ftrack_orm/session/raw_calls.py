"""Edge: sends operations as they are, past the entities, and remembers the push tokens of those that write."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftrack_orm.wire.codec import decode
from ftrack_orm.wire.entity_merging import IdentityOf, merge_entities
from ftrack_orm.wire.operations import Operation, are_read_only
from ftrack_orm.wire.raw import raw_operations
from ftrack_orm.wire.replies import RawReply, Reply

if TYPE_CHECKING:
    from ftrack_orm.transport.cancellation import Cancellation

#: Push tokens remembered: the events of older raw calls count as the session's own.
REMEMBERED_TOKENS = 1_000


class RawCalls:
    """Sends plain operations and returns plain data.

    Raw calls bypass the unit of work, so the session's entities do not reflect their writes. The event that announces
    such a write carries the push token of the call. `token in raw_calls` identifies it, so that change tracking expires
    the entities although the event comes from the session itself.
    """

    def __init__(self, call: Callable[..., Sequence[Reply]]) -> None:
        self._call = call
        self._tokens: deque[str] = deque(maxlen=REMEMBERED_TOKENS)

    def call(
        self,
        operations: Iterable[Operation | Mapping[str, Any]],
        *,
        push_token: str | None,
        headers: Mapping[str, str] | None,
        timeout: float | None,
        cancellation: Cancellation | None,
        identity_of: IdentityOf | None = None,
    ) -> list[Any]:
        """Send *operations* in one request and return the data of each reply, with datetimes decoded.

        With *identity_of*, the occurrences of an entity are merged into one dict.
        """
        sent = raw_operations(operations)
        if not are_read_only(sent):
            push_token = push_token or uuid.uuid1().hex
            self._tokens.append(push_token)
        replies = self._call(sent, push_token=push_token, headers=headers, timeout=timeout, cancellation=cancellation)
        bodies = [decode(reply.body) for reply in replies if isinstance(reply, RawReply)]
        return bodies if identity_of is None else merge_entities(bodies, identity_of)

    def __contains__(self, push_token: object) -> bool:
        return push_token in self._tokens
