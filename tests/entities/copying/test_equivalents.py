"""Entities of another server are found by their names."""

from __future__ import annotations

import pytest

from ftrack_orm import Session
from ftrack_orm.entities.copying.equivalents import Equivalents, find_equivalents, types_with_names
from ftrack_orm.testing import requests_made


def find(session: Session, there: Session, *referred: tuple[str, str]) -> Equivalents:
    calls = session._parts.handshake.call, there._parts.handshake.call
    return find_equivalents(referred, session.schema, calls[0], there.schema, calls[1])


def test_names_in_the_same_case_are_preferred_and_ambiguous_ones_refused(session: Session, there: Session) -> None:
    here = {name: session.create("Scope", name=name) for name in ("Onset", "twice", "nowhere")}
    session.commit()
    names = ("Onset", "ONSET", "Twice", "TWICE")
    scopes = {name: there.create("Scope", name=name) for name in names}
    there.commit()
    with requests_made(session) == 1, requests_made(there) == 1:
        found = find(session, there, *(("Scope", each.id) for each in here.values()))
    assert found.id_of("Scope", here["Onset"].id) == scopes["Onset"].id
    assert found.id_of("Scope", here["twice"].id) is None
    assert found.id_of("Scope", here["nowhere"].id) is None
    assert found.describe("Scope", here["nowhere"].id) == "Scope 'nowhere'"
    assert found.describe("Scope", "unknown") == "Scope unknown"


def test_users_and_groups_are_found_as_resources(session: Session, there: Session) -> None:
    user, group = session.create("User", username="jane"), session.create("Group", name="comp")
    session.commit()
    user_there, group_there = there.create("User", username="jane"), there.create("Group", name="comp")
    there.commit()
    found = find(session, there, ("Resource", user.id), ("Resource", group.id), ("User", user.id))
    assert found.id_of("Resource", user.id) == found.id_of("User", user.id) == user_there.id
    assert found.id_of("Resource", group.id) == group_there.id


@pytest.mark.parametrize(
    ("kind", "names"),
    [("Status", ["Status"]), ("NoteCategory", ["NoteLabel"]), ("Component", []), ("Nothing", []), ("Shot", [])],
)
def test_types_with_names(session: Session, kind: str, names: list[str]) -> None:
    assert types_with_names(session.schema, kind) == names
