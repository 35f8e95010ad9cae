"""Edge: assembles the parts of an event hub: everything that has threads or is shared with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from .connection.outbox import Outbox
from .delivery.catch_up import CatchUp, QueryRecords
from .delivery.dispatcher import Dispatcher, ResultHandler
from .delivery.pending_replies import PendingReplies
from .delivery.receiver import EventReceiver
from .delivery.statistics import Counters
from .publisher import Publisher

if TYPE_CHECKING:
    from ftrack_orm.settings import Settings

    from .delivery.callback_runner import CallbackUnit
    from .subscriptions.subscription import SubscriberIndex
    from .threads import StartThread


@attrs.frozen
class HubParts:
    """The parts of a hub, used by the connection's thread, the workers and the callers of the hub."""

    counters: Counters
    outbox: Outbox
    publisher: Publisher
    dispatcher: Dispatcher
    receiver: EventReceiver


def assemble(
    identifier: str,
    settings: Settings,
    subscribers: SubscriberIndex,
    query_records: QueryRecords | None,
    *,
    on_result: ResultHandler,
    wake: Callable[[], None],
    start_thread: StartThread,
    clock: Callable[[], float],
    callback_unit: CallbackUnit,
) -> HubParts:
    """Return the parts of the hub *identifier*; no thread is started and nothing is sent.

    *on_result* is called with the results of callbacks, *wake* wakes the connection's thread, *callback_unit*
    returns the block in which a callback runs.
    """
    counters = Counters()
    outbox = Outbox(settings.event_outbox_size)
    replies = PendingReplies(settings.reply_lifetime)
    dispatcher = Dispatcher(
        on_result,
        counters,
        workers=settings.event_workers,
        queue_size=settings.event_queue_size,
        full_queue=settings.full_event_queue,
        slow_callback_seconds=settings.slow_callback_seconds,
        clock=clock,
        unit=callback_unit,
    )
    receiver = EventReceiver(
        identifier,
        subscribers,
        dispatcher,
        replies,
        counters,
        CatchUp(query_records) if query_records is not None and settings.catch_up_events else None,
        wake=wake,
        start_thread=start_thread,
        clock=clock,
    )
    publisher = Publisher(identifier, settings.api_user, outbox, replies, clock, settings.application_id)
    return HubParts(counters, outbox, publisher, dispatcher, receiver)
