"""Pure: makes the parts of a session that not every session uses, whose modules are imported by their first use."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftrack_orm.entities.committing.bulk import BulkOperations
    from ftrack_orm.entities.committing.committer import Committer
    from ftrack_orm.entities.committing.deletion_preview import DeletionPreviewer
    from ftrack_orm.entities.committing.ensure import Ensurer
    from ftrack_orm.entities.committing.unit_of_work import UnitOfWork
    from ftrack_orm.entities.copying.copier import Side
    from ftrack_orm.entities.custom_attributes.configurations import Configurations
    from ftrack_orm.entities.entity import Entity
    from ftrack_orm.entities.reading.memory_answers import MemoryAnswers
    from ftrack_orm.entities.reading.query_runner import QueryRunner
    from ftrack_orm.entities.reading.refreshing import Refresher
    from ftrack_orm.entities.workspace import Workspace
    from ftrack_orm.query.builder import Query
    from ftrack_orm.settings import Settings
    from ftrack_orm.storage.transfers import Transfers
    from ftrack_orm.transport.channel import Channel
    from ftrack_orm.wire.operations import ServerCall


def committer(workspace: Workspace, call: ServerCall, retries: int) -> Committer:
    """Return the part that sends the edits of a unit of work."""
    from ftrack_orm.entities.committing.committer import Committer

    return Committer(workspace, call, retries=retries)


def ensurer(workspace: Workspace, unit_of_work: UnitOfWork) -> Ensurer:
    """Return the part that finds or creates entities."""
    from ftrack_orm.entities.committing.ensure import Ensurer

    return Ensurer(workspace, unit_of_work)


def deletion_previewer(workspace: Workspace, call: ServerCall) -> DeletionPreviewer:
    """Return the part that counts what a deletion takes along."""
    from ftrack_orm.entities.committing.deletion_preview import DeletionPreviewer

    return DeletionPreviewer(workspace, call)


def bulk_operations(workspace: Workspace, call: ServerCall, refresher: Refresher) -> BulkOperations:
    """Return the part that updates and deletes all entities of a query."""
    from ftrack_orm.entities.committing.bulk import BulkOperations

    return BulkOperations(workspace, call, refresher)


def memory_answers(workspace: Workspace, channel: Channel, runner: QueryRunner) -> MemoryAnswers:
    """Return the part that answers queries from memory."""
    from ftrack_orm.entities.reading.memory_answers import MemoryAnswers

    def fetch(runner: QueryRunner, query: Query[Entity]) -> list[Entity]:
        return [entity for page in runner.pages(query) for entity in page]

    # A refresh runs on a thread of the background already, and must not wait for another one there.
    refetch = partial(fetch, runner.without_background())
    return MemoryAnswers(workspace, partial(fetch, runner), refetch, channel.run_in_background)


def transfers(settings: Settings, channel: Channel, call: ServerCall) -> Transfers:
    """Return the part that sends and receives files."""
    from ftrack_orm.storage.transfers import Transfers

    return Transfers(settings, channel.transport, call, is_closed=lambda: channel.closed)


def side(
    workspace: Workspace, unit_of_work: UnitOfWork, configurations: Configurations, call: ServerCall, server_url: str
) -> Side:
    """Return the session as one of the two sides of a copy."""
    from ftrack_orm.entities.copying.copier import Side

    return Side(workspace, unit_of_work, configurations, call, server_url)
