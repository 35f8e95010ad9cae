"""One key that is configured twice, as hierarchical and as the type's own: one rule, that of the official client."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import ftrack_api
import pytest

from ftrack_orm import Session
from ftrack_orm.entities.entity import Entity
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.schema.custom_attributes import names_in_mapping
from tests.assertions import existing
from tests.production import Production

#: The official client caches configurations by `id(session)`, so that a session must not take the place of another.
_OFFICIAL_SESSIONS: list[Any] = []
#: The beginnings of the ids of configurations.
_SMALL, _LARGE = "00000000", "ffffffff"


class Twice(NamedTuple):
    """The two configurations of one key: *first* has the smaller id."""

    key: str
    first: str
    second: str
    hierarchical: str


@pytest.fixture(params=["hierarchical", "own"])
def twice(request: pytest.FixtureRequest, configure: Callable[..., str], session: Session) -> Twice:
    """The configurations of one key; the parameter names the one with the smaller id."""
    ids = {"hierarchical": _LARGE, "own": _LARGE, request.param: _SMALL}
    configure("fps", "text", "from above", object_type=None, is_hierarchical=True, id=_id(ids["hierarchical"]))
    key = configure("fps", "text", "own default", id=_id(ids["own"]))
    session.configurations.refresh()
    configurations = sorted((each.id, each.is_hierarchical) for each in session.configurations if each.key == key)
    (hierarchical,) = [id_ for id_, is_hierarchical in configurations if is_hierarchical]
    return Twice(key, configurations[0][0], configurations[1][0], hierarchical)


def _id(prefix: str) -> str:
    return prefix + str(uuid.uuid4())[8:]


@pytest.fixture
def official(box: Sandbox) -> Iterator[Any]:
    """A session of the official client."""
    session = ftrack_api.Session(
        server_url=box.url, api_key=box.api_key, api_user=box.api_user, auto_connect_event_hub=False
    )
    _OFFICIAL_SESSIONS.append(session)
    yield session
    session.close()


def stored(session: Session, entity: Entity, twice: Twice) -> dict[str, Any]:
    """Return the values that are set on an entity, by configuration id."""
    query = f'select value, configuration_id from CustomAttributeValue where entity_id is "{entity["id"]}"'
    (reply,) = session.call([{"action": "query", "expression": query}])
    return {row["configuration_id"]: row["value"] for row in reply["data"] if row["configuration_id"] in twice}


def test_the_key_names_the_smallest_id_and_the_others_are_named_by_theirs() -> None:
    assert names_in_mapping([("b", "fps"), ("a", "fps"), ("c", "fps"), ("d", "x")]) == {
        "a": "fps",
        "b": "b",
        "c": "c",
        "d": "x",
    }


def test_loaded_and_new_entities_and_the_official_client_agree(
    session: Session, other: Session, official: Any, task: Entity, twice: Twice
) -> None:
    new = session.create("Task", name="new", parent=task["parent"])
    for entity in (task, new):
        entity["custom_attributes"][twice.key] = "ours"
    session.commit()
    for entity in (task, new):
        assert stored(other, entity, twice) == {twice.first: "ours"}
        assert official.get("Task", entity["id"])["custom_attributes"][twice.key] == "ours"
        assert existing(other.get("Task", entity["id"]))["custom_attributes"][twice.key] == "ours"
    theirs = official.get("Task", task["id"])
    theirs["custom_attributes"][twice.key] = "theirs"
    created = official.create(
        "Task", {"name": "theirs", "parent_id": task["parent_id"], "project_id": task["project_id"]}
    )
    created["custom_attributes"][twice.key] = "theirs"
    official.commit()
    session.refresh(task)
    assert task["custom_attributes"][twice.key] == "theirs"
    assert stored(other, task, twice) == {twice.first: "theirs"}
    assert existing(session.get("Task", created["id"]))["custom_attributes"][twice.key] == "theirs"


def test_new_and_loaded_entities_show_the_same_before_anything_is_set(
    session: Session, production: Production, task: Entity, twice: Twice
) -> None:
    new = session.create("Task", name="new", parent=task["parent"])
    assert dict(new["custom_attributes"]) == dict(task["custom_attributes"])
    expected = None if twice.first == twice.hierarchical else "own default"
    assert task["custom_attributes"][twice.key] == expected


def test_the_other_one_is_read_and_set_by_its_id(session: Session, other: Session, task: Entity, twice: Twice) -> None:
    new = session.create("Task", name="new", parent=task["parent"])
    for entity in (task, new):
        entity["custom_attributes"].update({twice.key: "winner", twice.second: "other"})
    session.commit()
    for entity in (task, new):
        assert stored(other, entity, twice) == {twice.first: "winner", twice.second: "other"}
        read = existing(other.get("Task", entity["id"]))["custom_attributes"]
        assert (read[twice.key], read[twice.second]) == ("winner", "other")
        (plain,) = other.query("Task").where(id=entity["id"]).select("custom_attributes").dicts()
        assert plain["custom_attributes"][twice.key] == "winner"


def test_values_are_inherited_from_the_hierarchical_one(session: Session, task: Entity, twice: Twice) -> None:
    name = twice.key if twice.first == twice.hierarchical else twice.second
    shot = task["parent"]
    shot["custom_attributes"][twice.key] = "of the shot"
    for _ in ("unsaved", "saved"):
        inherited = task["custom_attributes"].get(name, inherited=True)
        assert (inherited.value, inherited.entity) == ("of the shot", shot)
        session.commit()
    task["custom_attributes"][name] = "of the task"
    assert task["custom_attributes"].get(name, inherited=True).value == "of the task"


def test_criteria_reach_one_by_its_id_and_either_by_the_key(session: Session, task: Entity, twice: Twice) -> None:
    task["custom_attributes"].update({twice.key: "winner", twice.second: "other"})
    session.commit()
    attributes = session.types.Task.custom_attributes
    for name, value, expected in (
        (twice.first, "winner", [task]),
        (twice.first, "other", []),
        (twice.second, "other", [task]),
        (twice.second, "winner", []),
        (twice.key, "winner", [task]),
        (twice.key, "other", [task]),
    ):
        assert session.query("Task").where(attributes[name] == value, id=task["id"]).all() == expected
