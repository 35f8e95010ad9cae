"""State: the parts of a session, which `wiring` makes and connects."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ftrack_orm.entities.committing.deletion_preview import DeletionPreviewer
    from ftrack_orm.entities.committing.ensure import Ensurer
    from ftrack_orm.entities.committing.unit_of_work import UnitOfWork
    from ftrack_orm.entities.copying.copier import Side
    from ftrack_orm.entities.custom_attributes.configurations import Configurations
    from ftrack_orm.entities.reading.learning import ProjectionLearner
    from ftrack_orm.entities.reading.query_runner import QueryRunner
    from ftrack_orm.entities.reading.refreshing import Refresher
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.settings import Settings
    from ftrack_orm.storage.transfers import Transfers
    from ftrack_orm.transport.channel import Channel

    from .current_classes import CurrentClasses
    from .deferred import Deferred
    from .handshake import Handshake
    from .raw_calls import RawCalls


class SessionParts(NamedTuple):
    """The parts of one session, connected with each other.

    An asynchronous session can be built on the same parts: nothing here waits for the server until it is called.
    """

    settings: Settings
    channel: Channel
    handshake: Handshake
    classes: CurrentClasses
    workspace: Workspace
    configurations: Configurations
    refresher: Refresher
    query_runner: QueryRunner
    learner: ProjectionLearner | None
    unit_of_work: UnitOfWork
    ensurer: Deferred[Ensurer]
    deletion_previewer: Deferred[DeletionPreviewer]
    copying: Deferred[Side]
    raw_calls: RawCalls
    transfers: Deferred[Transfers]
