"""The configurations of custom attributes, which travel with the first query of an interactive session."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.interactive.companion import ConfigurationCompanion
from ftrack_orm.testing import requests_made
from tests.production import Connect, Production


def interactive(session: Session) -> Session:
    handshake = session._parts.handshake
    handshake.wrap_call(
        partial(
            ConfigurationCompanion,
            configurations=session._parts.configurations,
            known_schema=handshake.known_schema,
        )
    )
    return session


def test_the_first_query_brings_the_configurations_along(
    connect: Connect, production: Production, handles: str
) -> None:
    session = interactive(connect())
    query = session.query("Task").where(project_id=production.project)
    with requests_made(session) == 1:
        task = query.first()
    assert task is not None
    with requests_made(session) == 0:
        assert handles in [each.key for each in session.configurations]
        assert handles in task.custom_attributes._ipython_key_completions_() if "custom_attributes" in vars(task) else 1
    with requests_made(session) as made:
        query.all()
    assert made.operations == made.count


def test_a_request_that_writes_carries_nothing_else(connect: Connect, production: Production) -> None:
    session = interactive(connect())
    session.server_information  # noqa: B018
    session.create("Note", content="x", parent_id=production.project, parent_type="Project")
    with requests_made(session) as made:
        session.commit()
    assert not session.configurations.are_read
    assert made.count == 1


def test_a_refusal_of_the_addition_does_not_refuse_the_query(
    connect: Connect, production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = interactive(connect())
    session.server_information  # noqa: B018
    call = session._parts.channel.call

    def refusing(operations: Any, **options: Any) -> Any:
        if len(operations) > 1:
            raise errors.PermissionDenied("Configurations may not be read.")
        return call(operations, **options)

    session._parts.handshake._call._call = refusing  # type: ignore[attr-defined]
    assert len(session.query("Task").where(project_id=production.project).all()) == 12
    assert not session.configurations.are_read
