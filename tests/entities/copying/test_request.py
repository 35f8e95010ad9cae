"""Arguments of a copy that do not fit are refused before any request is made."""

from __future__ import annotations

from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"missing": "drop"}, "missing is 'raise' or 'skip', not 'drop'"),
        ({"values": {"nam": "x"}}, "Shot has no attribute 'nam'.*'name'"),
        ({"values": {"parent": None}}, "given by `into`"),
        ({"values": {"id": "x"}}, "given by `into`"),
        ({"into": "sequence"}, "entity of the session.*'sequence'"),
    ],
)
def test_arguments_that_do_not_fit(
    session: Session, production: Production, arguments: dict[str, Any], message: str
) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    with requests_made(session) == 0, pytest.raises(errors.UsageError, match=message):
        session.copy(shot, **arguments)


def test_projects_are_in_nothing_and_contexts_in_contexts(
    session: Session, other: Session, production: Production
) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    project = existing(session.get("Project", production.project))
    status = existing(session.query("Status").first())
    with pytest.raises(errors.InvalidValue, match="leave `into` out"):
        session.copy(project, shot)
    with pytest.raises(errors.InvalidValue, match="but into a project or another context"):
        session.copy(shot, status)
    with pytest.raises(errors.InvalidValue, match="assets and task templates can"):
        session.copy(status, shot)
    with pytest.raises(errors.InvalidValue, match="needs a destination"):
        session.copy(shot, to=other)
    with pytest.raises(errors.InvalidValue, match="entity of the session"):
        session.copy(shot, project, to=other)


def test_deleted_entities_and_closed_sessions(session: Session, other: Session, production: Production) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    kept = existing(session.get("Shot", production.shots[1]))
    session.delete(shot)
    session.commit()
    with pytest.raises(errors.EntityDeleted, match="cannot be copied"):
        session.copy(shot)
    other.delete(existing(other.get("Shot", kept.id)))
    other.commit()
    with pytest.raises(errors.EntityDeleted, match=r"The server has no Shot .* cannot be copied"):
        session.copy(kept, values={"name": "x"})
    session.close()
    with pytest.raises(errors.SessionClosed, match="Nothing can be copied"):
        session.copy(shot)
