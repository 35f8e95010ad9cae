"""Edits of collections are differences: whatever two sessions add and remove, a new session reads both."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from ftrack_orm import Session
from ftrack_orm.entities.committing.memberships import MembershipChange
from ftrack_orm.entities.entity import Entity
from ftrack_orm.errors import ServerError
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.relations import Derived, Inverse
from ftrack_orm.testing import requests_made
from ftrack_orm.values import Reference
from tests.assertions import existing
from tests.production import Connect, Production


def scope(number: int) -> Reference:
    return Reference("Scope", (("id", str(number)),))


def test_a_change_is_applied_to_the_members_that_are_present() -> None:
    change = MembershipChange(scope(0), "scopes", None, (scope(1), scope(2)), (scope(3),))
    assert change.apply([scope(3), scope(4), scope(1)]) == [scope(4), scope(1), scope(2)]
    change = MembershipChange(scope(0), "scopes", None, (scope(1),), replaces=True)
    assert change.apply([scope(3), scope(4)]) == [scope(1)]


def stored_collections(session: Session) -> list[tuple[str, str, str]]:
    """Return owner type, name and member type of the collections that are stored as link rows or whole lists."""
    schema = session._workspace.schema
    return [
        (kind.name, name, str(attribute.target))
        for kind in schema.types.values()
        for name, attribute in kind.attributes.items()
        if attribute.kind is Kind.COLLECTION
        and not attribute.computed
        and not isinstance(schema.membership(kind.name, name), (Inverse, Derived))
    ]


def test_differences_of_two_sessions_are_both_on_the_server(
    session: Session, other: Session, connect: Connect, production: Production
) -> None:
    for number in range(4):
        session.create("Scope", name=f"scope {number}")
    category = session.create("ListCategory", name="dailies")
    session.create("TypedContextList", name="review", project_id=production.project, category=category)
    session.commit()
    tried = []
    for owner_type, name, member_type in stored_collections(session):
        mine = session.query(owner_type).first()
        members = session.query(member_type).order_by("id").limit(4).all()
        if mine is None or len(members) < 4:
            continue
        theirs = existing(other.get(owner_type, mine.id))
        kept, removed, added, added_by_other = (each.id for each in members)
        try:
            setattr(mine, name, members[:2])
            session.commit()
        except ServerError:
            session.rollback()  # the server has no such members for the first owner
            continue
        if any(connect().get(member_type, each.id) is None for each in members):
            continue  # the server has deleted the members that were removed
        other.refresh(theirs, name)
        mine[name].append(members[2])
        theirs[name].append(existing(other.get(member_type, added_by_other)))
        mine[name].remove(members[1])
        other.commit()
        session.commit()
        fresh = existing(connect().get(owner_type, mine.id))
        assert {each.id for each in fresh[name]} == {kept, added, added_by_other}, (owner_type, name)
        assert removed not in {each.id for each in fresh[name]}
        tried.append((owner_type, name))
    assert {("Task", "scopes"), ("TypedContextList", "items")} <= set(tried)


def test_a_member_that_another_session_has_added_or_removed_already_is_no_error(
    session: Session, other: Session, connect: Connect, production: Production
) -> None:
    first, second = session.create("Scope", name="first"), session.create("Scope", name="second")
    session.commit()
    for key, changing in ((production.tasks[0], session), (production.tasks[0], other)):
        task = existing(changing.get("Task", key))
        task.scopes.append(existing(changing.get("Scope", first.id)))
    session.commit()
    other.commit()
    mine, theirs = (existing(each.get("Task", production.tasks[0])) for each in (session, other))
    mine.scopes.remove(first)
    theirs.scopes.remove(existing(other.get("Scope", first.id)))
    theirs.scopes.append(existing(other.get("Scope", second.id)))
    session.commit()
    other.commit()
    assert [each.id for each in existing(connect().get("Task", mine.id)).scopes] == [second.id]


@pytest.mark.parametrize("count", [1, 60])
def test_present_members_are_read_in_one_request(session: Session, production: Production, count: int) -> None:
    scopes = [session.create("Scope", name=f"scope {number}") for number in range(count)]
    session.commit()
    tasks: list[Entity] = session.query("Task").where(project_id=production.project).all()
    for task in tasks:
        task.scopes.extend(scopes)
    with requests_made(session) == 2:
        session.commit()
    assert all(len(task.scopes) == count for task in tasks)


def new_version(session: Session, production: Production) -> Entity:
    asset = session.query("Asset").where(context_id=production.shots[0]).first()
    asset = asset or session.create(
        "Asset",
        name="plate",
        parent=session.get("Shot", production.shots[0]),
        type=existing(session.query("AssetType").first()),
    )
    version: Entity = session.create("AssetVersion", asset=asset)
    session.commit()
    return version


def new_assignment(session: Session, production: Production) -> Entity:
    user = session.create("User", username=f"user {uuid.uuid4()}")
    session.commit()
    appointment: Entity = session.create("Appointment", resource=user, type="assignment")
    return appointment


def the_task(session: Session, production: Production) -> Entity:
    return existing(session.get("Task", production.tasks[0]))


def new_list(session: Session, production: Production) -> Entity:
    category = session.create("ListCategory", name="dailies")
    made: Entity = session.create("TypedContextList", name="review", project_id=production.project, category=category)
    session.commit()
    return made


Make = Callable[[Session, Production], Entity]

#: By collection: makes or returns its owner, and makes a member that belongs to no owner.
MEMBERS: dict[str, tuple[Make, Make]] = {
    "notes": (the_task, lambda session, production: session.create("Note", content="look")),
    "assignments": (the_task, new_assignment),
    "timelogs": (the_task, lambda session, production: session.create("Timelog", duration=60)),
    "scopes": (the_task, lambda session, production: session.create("Scope", name=str(uuid.uuid4()))),
    "components": (new_version, lambda session, production: session.create("FileComponent", name=str(uuid.uuid4()))),
    "uses_versions": (new_version, new_version),
    "items": (
        new_list,
        lambda session, production: session.create(
            "Task", name=str(uuid.uuid4()), parent=session.get("Shot", production.shots[0])
        ),
    ),
}


@pytest.mark.parametrize("edit", ["append", "remove"])
@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_that_another_session_adds_meanwhile_stays(
    session: Session, other: Session, connect: Connect, production: Production, name: str, edit: str
) -> None:
    make_owner, make_member = MEMBERS[name]
    owner = make_owner(session, production)
    first = make_member(session, production)
    owner[name].append(first)
    session.commit()
    assert list(owner[name]) == [first]
    theirs = make_member(other, production)
    existing(other.get(owner.__entity_type__, owner["id"]))[name].append(theirs)
    other.commit()
    expected = {theirs["id"]}
    if edit == "append":
        mine = make_member(session, production)
        owner[name].append(mine)
        expected |= {first["id"], mine["id"]}
    else:
        owner[name].remove(first)
    session.commit()
    assert {each["id"] for each in existing(connect().get(owner.__entity_type__, owner["id"]))[name]} == expected
