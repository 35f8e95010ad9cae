"""Edge: the composition root: makes the parts of a session and connects them, without any I/O."""

from __future__ import annotations

import weakref
from functools import partial
from typing import TYPE_CHECKING

from ftrack_orm.entities.committing.unit_of_work import UnitOfWork
from ftrack_orm.entities.custom_attributes.configurations import Configurations
from ftrack_orm.entities.reading.loading import Loader
from ftrack_orm.entities.reading.query_runner import QueryRunner
from ftrack_orm.entities.reading.refreshing import Refresher
from ftrack_orm.entities.workspace import Workspace
from ftrack_orm.schema.cache import SchemaCache
from ftrack_orm.transport.channel import Channel
from ftrack_orm.transport.deferred import http_transport
from ftrack_orm.values import FetchMode

from . import deferred_parts
from .current_classes import CurrentClasses
from .deferred import Deferred
from .handshake import Handshake
from .parts import SessionParts
from .raw_calls import RawCalls
from .tracing import span_maker

if TYPE_CHECKING:
    from ftrack_orm.entities.classes import Classes
    from ftrack_orm.entities.reading.learning import ProjectionLearner
    from ftrack_orm.settings import Settings
    from ftrack_orm.transport.base import Transport
    from ftrack_orm.wire.operations import ServerCall

    from .deferred_event_hub import DeferredEventHub
    from .services import SessionServices
    from .type_package import TypePackage


def assemble(
    settings: Settings, transport: Transport | None = None, package: TypePackage | None = None
) -> SessionParts:
    """Return the connected parts of a session for *settings*; *transport* replaces HTTP.

    The classes are those of *package*, if there is one.

    The order follows from who needs whom:

    1. The channel sends operations through the transport.
    2. The handshake wraps the channel: everything below sends through it, so that the first request of any part also
       carries the reads of server information and schema. It notifies the classes of a newer schema, so that these come
       first.
    3. The workspace holds the entities. It needs the classes, the handshake to renew the schema, and the loader and the
       configurations to load missing values. These two work on the workspace, so it calls their factories with itself.
    4. Refresher, query runner, unit of work, ensurer and previewer of deletions work on the workspace, and nothing
       needs them.

    What only commits, bulk operations and transfers need is made by their first use: most sessions only read, and
    importing it takes longer than their first request.
    """
    channel = Channel(settings, transport or http_transport(settings), begin_span=span_maker(settings.server_url))
    classes = CurrentClasses(package)
    handshake = _connect_handshake(settings, channel, classes, package)
    # Threads that read the same at the same time share the request. Commits, and the reads they depend on, do not.
    shared_call = partial(handshake.call, shares=True)
    workspace = _make_workspace(settings, classes, handshake, shared_call)
    _notify_of_changes(workspace, channel, classes, package)
    configurations = workspace.configurations
    assert isinstance(configurations, Configurations)
    refresher = Refresher(workspace)
    unit_of_work = UnitOfWork(
        workspace, Deferred(partial(deferred_parts.committer, workspace, handshake.call, settings.retries))
    )
    make_bulk = partial(deferred_parts.bulk_operations, workspace, handshake.call, refresher)
    memory = Deferred(lambda: deferred_parts.memory_answers(workspace, channel, query_runner))
    using = channel.option_blocks.using
    learner = _make_learner(settings)
    query_runner = QueryRunner(workspace, shared_call, channel.submit, Deferred(make_bulk), memory, using, learner)
    return SessionParts(
        settings=settings,
        channel=channel,
        handshake=handshake,
        classes=classes,
        workspace=workspace,
        configurations=configurations,
        refresher=refresher,
        query_runner=query_runner,
        learner=learner,
        unit_of_work=unit_of_work,
        ensurer=Deferred(partial(deferred_parts.ensurer, workspace, unit_of_work)),
        deletion_previewer=Deferred(partial(deferred_parts.deletion_previewer, workspace, handshake.call)),
        copying=Deferred(
            partial(deferred_parts.side, workspace, unit_of_work, configurations, handshake.call, settings.server_url)
        ),
        raw_calls=RawCalls(handshake.call),
        transfers=Deferred(partial(deferred_parts.transfers, settings, channel, handshake.call)),
    )


def _connect_handshake(
    settings: Settings, channel: Channel, classes: CurrentClasses, package: TypePackage | None
) -> Handshake:
    """Return the handshake, which sends through *channel* and notifies *classes* of a newer schema."""
    expected = None
    if package is not None:
        from .type_package import ExpectedSchema

        expected = ExpectedSchema(package, settings.server_url)
    cache = SchemaCache(settings.schema_cache_path)
    handshake = Handshake(channel.call, cache, settings.server_url, classes.update, expected)
    classes.read_schema_from(handshake)
    return handshake


def _make_workspace(
    settings: Settings, classes: CurrentClasses, handshake: Handshake, shared_call: ServerCall
) -> Workspace:
    """Return the workspace with its loader and configurations, which read with *shared_call*."""
    detector = None
    if settings.n_plus_one:
        from ftrack_orm.entities.reading.n_plus_one import NPlusOneDetector

        detector = NPlusOneDetector(refuse=settings.n_plus_one == "raise")
    return Workspace(
        classes,
        fetch=FetchMode(settings.fetch),
        recent_size=settings.recent_size,
        make_loader=lambda workspace: Loader(workspace, shared_call, detector),
        make_configurations=lambda workspace: Configurations(workspace, shared_call),
        renew_schema=handshake.renew,
    )


def _notify_of_changes(
    workspace: Workspace, channel: Channel, classes: CurrentClasses, package: TypePackage | None
) -> None:
    """Connect *workspace* with the parts that need its changes, or change its classes, without keeping it alive."""
    known = weakref.ref(workspace)
    channel.shared_requests.revision = lambda: getattr(known(), "revision", None)
    if package is not None:

        def use_classes(changed: Classes) -> None:
            current = known()
            if current is not None:
                current.use_classes(changed)

        classes.on_change = use_classes


def _make_learner(settings: Settings) -> ProjectionLearner | None:
    """Return the part that remembers which attributes of results are read, if the settings want it."""
    if not settings.learn_projections:
        return None
    from ftrack_orm.entities.reading.learning import ProjectionLearner

    from .learned_projections import learned_paths

    return ProjectionLearner(learned_paths(settings.server_url, settings.schema_cache_path))


def provide_services(parts: SessionParts, event_hub: DeferredEventHub) -> None:
    """Give the behaviours of entities access to *parts*, and to the hub as long as its session exists."""
    hub = weakref.ref(event_hub)

    def make_services() -> SessionServices:
        from .services import SessionServices

        return SessionServices(parts, hub)

    parts.workspace.services = Deferred(make_services)
