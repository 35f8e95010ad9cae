"""A shot with everything that can be copied, and a second server."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftrack_orm import Session
from ftrack_orm.entities.entity import Entity
from ftrack_orm.sandbox import Sandbox
from tests.assertions import existing
from tests.custom_attributes import Configure
from tests.production import Connect, Production

FROM, TO = (datetime.datetime(2026, month, 1, tzinfo=datetime.timezone.utc) for month in (3, 4))


@pytest.fixture
def key(configure: Configure) -> str:
    """The key of a number attribute of tasks."""
    return configure("handles", "number", 8)


@pytest.fixture
def inheriting(configure: Configure) -> str:
    """The key of a hierarchical text attribute whose default is "rec709"."""
    return configure("colorspace", "text", "rec709", object_type=None, is_hierarchical=True)


@pytest.fixture
def shot(connect: Connect, session: Session, production: Production, key: str, inheriting: str) -> Entity:
    """A shot with three tasks that depend on each other, notes, an asset with two versions, and custom attributes.

    It belongs to the session of the test; another session has created it.
    """
    creator = connect()
    shot = existing(creator.get("Shot", production.shots[0]))
    tasks = [existing(creator.get("Task", id_)) for id_ in production.tasks[:3]]
    me = creator.query("User").where(username=creator.api_user).one()
    done = creator.query("Status").where(name="Approved").one()
    shot.description, shot.custom_attributes[inheriting] = "the opening", "aces"
    shot.metadata["camera"] = "A"
    shot.scopes = [creator.create("Scope", name=f"onset {shot.id}")]
    tasks[0].status, tasks[0].bid, tasks[0].start_date, tasks[0].end_date = done, 3600.0, FROM, TO
    tasks[0].custom_attributes[key] = 12
    creator.create("TypedContextLink", {"from": tasks[0], "to": tasks[1]})
    creator.create("TypedContextLink", {"from": tasks[1], "to_id": production.tasks[11]})
    creator.create("Appointment", context=tasks[0], resource=me, type="assignment")
    label = creator.create("NoteCategory", name=f"client {shot.id}")
    note = creator.create("Note", content="darker", author=me, parent_id=shot.id, parent_type="Shot", is_todo=True)
    creator.create("NoteLabelLink", note=note, label=label)
    creator.create("NoteComponent", note=note, component=creator.create("FileComponent", name="sketch"))
    creator.create("Manager", context=tasks[0], user=me, type=creator.create("ManagerType", name="lead"))
    supervisor = creator.create(
        "CustomAttributeLinkConfiguration",
        {"key": f"supervisor {shot.id}", "label": "supervisor", "entity_type": "task", "entity_type_to": "user"},
        object_type_id=shot.object_type_id,
    )
    creator.create("CustomAttributeLink", configuration=supervisor, from_id=shot.id, to_id=me.id)
    creator.commit()
    creator.create("Note", content="done", author=me, in_reply_to=note, parent_id=shot.id, parent_type="Shot")
    asset = creator.create("Asset", name="plate", parent=shot, type=creator.query("AssetType").first())
    first, second = (
        creator.create("AssetVersion", asset=asset, task=tasks[0], comment=text) for text in ("first", "second")
    )
    creator.create("AssetVersionLink", {"from": first, "to": second})
    creator.commit()
    return existing(session.get("Shot", shot.id))


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[Sandbox]:
    """A second server."""
    with Sandbox(seed="empty") as sandbox:
        yield sandbox


@pytest.fixture
def there(elsewhere: Sandbox, tmp_path: Path) -> Iterator[Session]:
    """A session on the second server."""
    with Session(elsewhere.url, elsewhere.api_key, elsewhere.api_user, schema_cache_path=tmp_path) as session:
        yield session
        session.rollback()
