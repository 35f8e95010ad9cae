"""The words by which people recognize an entity, as its `repr` shows them."""

from __future__ import annotations

import datetime
from keyword import iskeyword
from typing import Any

import pytest

from ftrack_orm import Session
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.labels import label_of
from ftrack_orm.testing import requests_made
from tests.production import Connect, Production


@pytest.fixture
def made(session: Session, production: Production) -> dict[str, Any]:
    """One entity of each type that has no name, or one that says too little."""
    task = session.get("Task", production.tasks[0])
    user = session.create("User", username=f"jane_{production.name}", first_name="Jane", last_name="Doe")
    group = session.create("Group", name=f"comp_{production.name}")
    asset = session.create("Asset", name="plate", parent=session.get("Shot", production.shots[0]))
    version = session.create("AssetVersion", asset=asset, user=user, task=task)
    made = {
        "task": task,
        "user": user,
        "asset": asset,
        "version": version,
        "note": session.create(
            "Note", content="Please\nbrighten " + "it " * 40, author=user,
            parent_id=production.tasks[0], parent_type="Task",
        ),
        "timelog": session.create(
            "Timelog", user=user, context=task, duration=5400, comment="drawn",
            start=datetime.datetime(2024, 5, 1, 8, tzinfo=datetime.timezone.utc),
        ),
        "appointment": session.create("Appointment", type="assignment", resource=user, context=task),
        "component": session.create("FileComponent", name="main", file_type=".exr", size=12_345_678, version=version),
        "link": session.create("TypedContextLink", {"from": task, "to": session.get("Task", production.tasks[1])}),
        "membership": session.create("Membership", user=user, group=group),
    }  # fmt: skip
    session.commit()
    session.refresh(version)
    return made


def labels(made: dict[str, Any]) -> dict[str, str]:
    return {name: label_of(entity) for name, entity in made.items()}


def test_an_entity_says_who_and_what_it_is(session: Session, production: Production, made: dict[str, Any]) -> None:
    jane = f"'jane_{production.name}'"
    group = made["membership"].group.name
    with requests_made(session) == 0:
        shown = labels(made)
    assert shown == {
        "task": "'task00'",
        "user": f"{jane} (Jane Doe)",
        "asset": "'plate'",
        "version": f"'plate' v001 by {jane}",
        "note": f"'Please brighten it it it it it it it it ...' by {jane} on Task 'task00'",
        "timelog": f"1.50 h by {jane} on 'task00' 2024-05-01 'drawn'",
        "appointment": f"assignment of {jane} to 'task00'",
        "component": "'main.exr' 12.3 MB 'plate' v001",
        "link": "from 'task00' to 'task01'",
        "membership": f"group {group!r}, user {jane}",
    }
    assert repr(made["version"]) == f"<AssetVersion {shown['version']} {made['version'].id} persistent>"


def test_entities_that_the_session_does_not_have_are_shown_by_their_ids(
    connect: Connect, production: Production, made: dict[str, Any]
) -> None:
    other = connect()
    user, task, asset = (made[name].id[:8] for name in ("user", "task", "asset"))
    group = made["membership"].group_id[:8]
    with other.fetching("never"):
        found = {
            name: other.query(type(made[name]).__entity_type__).where(id=made[name].id).select(*names).one()
            for name, names in {
                "appointment": ("type", "resource_id", "context_id"),
                "timelog": ("duration", "user_id", "context_id"),
                "version": ("version", "asset_id", "user_id"),
                "component": ("name", "version_id"),
                "note": ("content", "user_id", "parent_id", "parent_type"),
                "link": ("from_id", "to_id"),
                "membership": ("user_id", "group_id"),
                "user": ("id",),
            }.items()
        }
    with requests_made(other) == 0:
        shown = labels(found)
    assert shown["appointment"] == f"assignment of resource {user} to context {task}"
    assert shown["timelog"] == f"1.50 h by user {user} on context {task}"
    assert shown["version"] == f"of asset {asset} v001 by user {user}"
    assert shown["component"] == f"'main' of asset {asset} v001"
    assert shown["note"].endswith(f"by author {user} on Task {task}")
    assert shown["link"] == f"from {task} to {production.tasks[1][:8]}"
    assert shown["membership"] == f"group {group}, user {user}"
    assert shown["user"] == ""
    assert repr(found["user"]) == f"<User {made['user'].id} persistent>"


def test_a_label_of_any_content_is_short_and_printable(session: Session, production: Production) -> None:
    hostile = "a\x1b[31m'\"\n\u202e" * 200
    note = session.create("Note", content=hostile, parent_id=production.tasks[0], parent_type="Task")
    task = session.create("Task", name=hostile, parent=session.get("Shot", production.shots[0]))
    for entity in (note, task):
        assert len(repr(entity)) < 400
        assert "\x1b" not in repr(entity)
        assert "\n" not in repr(entity)
    session.rollback()


def test_looking_at_an_entity_of_any_type_makes_no_request(session: Session) -> None:
    for name in session.schema:
        entity: Entity = session._workspace.loader.merge([{"__entity_type__": name, **_key(session, name)}])[0]
        with requests_made(session) == 0:
            assert repr(entity).startswith(f"<{name} ")
            assert {each for each in entity.__attributes__ if not iskeyword(each)} <= set(dir(entity))
            assert not any(hasattr(entity, missing) for missing in ("no_such_name", "_repr_latex_", "shape"))


def _key(session: Session, name: str) -> dict[str, str]:
    return dict.fromkeys(session.schema[name].primary_key, f"key of {name}")
