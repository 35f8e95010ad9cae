"""The client with a server whose schema has types and attributes that no other server has."""

from __future__ import annotations

import copy
import datetime
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Entity, Session, errors
from ftrack_orm.sandbox import Sandbox, datamodel
from ftrack_orm.schema.model import schema_hash
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.in_process import InProcess
from tests.assertions import existing

PROP = "0b5f6f0e-5a5c-4c38-9f0f-1d3d4a8f6a11"  # the object type of props, a studio's own
MOMENT = datetime.datetime(1999, 12, 31, 23, 59, tzinfo=datetime.timezone.utc)


def text(**more: Any) -> dict[str, Any]:
    return {"type": "string", **more}


def key_of(target: str) -> dict[str, Any]:
    return text(format="foreign_key", description=f"Foreign key(s): {target}.id")


def items(target: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": target}}


def invented_types() -> list[dict[str, Any]]:
    """Return two types that no ftrack server has, with relations to each other and to types every server has."""
    identifier = text(default="{uid}")
    vendor = {
        "id": "Vendor",
        "primary_key": ["id"],
        "default_projections": ["id", "name"],
        "properties": {
            "id": identifier,
            "name": text(default=""),
            "founded": text(format="date-time"),
            "rating": {"type": "integer", "default": 3},
            "hologram": {"type": "tensor", "x-rank": 4},
            "contact": {"$ref": "User"},
            "contact_id": key_of("User"),
            "deliveries": items("Delivery"),
        },
        "x-future": {"whatever": ["it", "means"]},
    }
    delivery = {
        "id": "Delivery",
        "primary_key": ["vendor_id", "number"],
        "default_projections": ["number"],
        "properties": {
            "vendor": {"$ref": "Vendor"},
            "vendor_id": key_of("Vendor"),
            "number": text(),
            "received": {"type": "boolean", "default": False},
            "context": {"$ref": "TypedContext"},
            "context_id": key_of("TypedContext"),
        },
    }
    return [vendor, delivery]


def answer() -> list[dict[str, Any]]:
    """Return the embedded server's schema with a custom object type, invented types and invented attributes."""
    known = copy.deepcopy(datamodel.load().schemas)
    by_name = {description["id"]: description for description in known}
    prop = copy.deepcopy(by_name["Milestone"])
    prop["id"] = "Prop"
    prop["alias_for"]["classifiers"]["object_typeid"] = PROP
    prop["properties"]["object_type_id"]["default"] = PROP
    prop["properties"]["weight"] = {"type": "number", "x-unit": "kg"}
    for description in (*known, prop):
        alias = description.get("alias_for")
        if alias == "Task" or (isinstance(alias, dict) and alias["id"] == "Task"):
            description["properties"]["deliveries"] = items("Delivery")
            description["properties"]["mood"] = text(default="calm", **{"x-emoji": True})
    return [*known, prop, *invented_types()]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """An embedded server of that schema."""
    file = tmp_path_factory.mktemp("studio") / "schema.json"
    file.write_text(json.dumps(answer()))
    with Sandbox(schema=file) as box:
        yield box


@pytest.fixture
def open_session(studio: Sandbox) -> Iterator[Callable[[], Session]]:
    sessions = []

    def make() -> Session:
        sessions.append(Session(studio.url, studio.api_key, studio.api_user, schema_cache_path=False))
        return sessions[-1]

    yield make
    for session in sessions:
        session.rollback()
        session.close()


@pytest.fixture
def artist(open_session: Callable[[], Session]) -> Session:
    return open_session()


@pytest.fixture
def witness(open_session: Callable[[], Session]) -> Session:
    """A second session, which reads the data of the server."""
    return open_session()


@pytest.fixture
def project(artist: Session, request: pytest.FixtureRequest) -> Entity:
    schema = artist.query("ProjectSchema").first()
    name = request.node.name
    project = artist.create("Project", name=name, full_name=name, project_schema=schema)
    artist.commit()
    return project


# -- what is known of it ----------------------------------------------------------------------------------------------


def test_invented_types_are_classes_like_any_other(artist: Session) -> None:
    assert {"Prop", "Vendor", "Delivery"} <= set(artist.types)
    Prop = artist.types.Prop
    assert [base.__name__ for base in Prop.__mro__[:3]] == ["Prop", "TypedContext", "Context"]
    assert artist.types.Vendor.__bases__ == (artist.types.Context.__bases__[-1],)


def test_invented_names_are_checked_and_suggested(artist: Session) -> None:
    with pytest.raises(errors.UnknownEntityType, match="'Vendor'"):
        artist.query("Vendro")
    with pytest.raises(errors.UnknownAttribute, match="'rating'"):
        artist.create("Vendor", ratign=4)
    with pytest.raises(errors.UnknownAttribute, match="'weight'"):
        artist.types.Prop.wieght  # noqa: B018 - reading it is what fails


def test_values_of_invented_attributes_are_checked_by_their_described_type(artist: Session) -> None:
    with pytest.raises(errors.InvalidValue):
        artist.create("Vendor", rating="high")
    with pytest.raises(errors.InvalidValue):
        artist.create("Vendor", contact="jane")
    assert not artist.created


# -- a custom object type ---------------------------------------------------------------------------------------------


def test_a_custom_object_type_is_created_and_found_with_its_own_type(
    artist: Session, witness: Session, project: Entity
) -> None:
    prop = artist.create("Prop", name="teapot", parent=project, weight=1.5)
    artist.commit()
    assert (prop.object_type_id, prop.project_id, prop.mood) == (PROP, project.id, "calm")

    found = witness.query("Prop").where(name="teapot", project_id=project.id).one()
    assert type(found) is witness.types.Prop
    assert (found.weight, found.mood) == (1.5, "calm")
    assert found.parent.name == project.name
    with requests_made(witness) == 0:
        assert witness.get("TypedContext", prop.id) is witness.get("Context", prop.id) is found


def test_a_custom_object_type_comes_with_its_own_type_from_a_base_types_query(
    artist: Session, witness: Session, project: Entity
) -> None:
    artist.create("Prop", name="teapot", parent=project)
    artist.create("Folder", name="things", parent=project)
    artist.commit()
    found = witness.query("TypedContext").where(project_id=project.id).order_by("name").all()
    assert [type(entity).__name__ for entity in found] == ["Prop", "Folder"]
    assert witness.query("Prop").where(project_id=project.id).count() == 1
    assert [type(child) for child in existing(witness.get("Project", project.id)).children].count(
        witness.types.Prop
    ) == 1


def test_a_custom_object_type_has_the_attributes_of_its_base(
    artist: Session, witness: Session, project: Entity
) -> None:
    prop = artist.create("Prop", name="teapot", parent=project)
    prop.metadata["material"] = "china"
    task = artist.create("Task", name="model", parent=prop)
    artist.commit()
    assert task.parent is prop
    found = existing(witness.get("Prop", prop.id))
    assert dict(found.metadata) == {"material": "china"}
    assert [child.name for child in found.children] == ["model"]
    assert witness.query("Task").where(witness.types.Task.parent.has(id=prop.id)).one().id == task.id


# -- invented types ---------------------------------------------------------------------------------------------------


def test_entities_of_an_invented_type_are_created_queried_changed_and_deleted(
    artist: Session, witness: Session
) -> None:
    user = existing(artist.query("User").first())
    vendor = artist.create("Vendor", name="Acme", founded=MOMENT, contact=user)
    artist.commit()
    assert vendor.rating == 3

    Vendor = witness.types.Vendor
    found = witness.query(Vendor).where(Vendor.rating >= 3, Vendor.contact.id == user.id, Vendor.id == vendor.id).one()
    assert (found.name, found.founded, found.contact.id) == ("Acme", MOMENT, user.id)

    found.rating = 5
    found.contact = None
    assert witness.commit() == 1
    again = artist.query("Vendor").where(id=vendor.id).select("rating", "contact_id").one()
    assert (again.rating, again.contact_id) == (5, None)

    witness.delete(found)
    witness.commit()
    assert not artist.query("Vendor").where(id=vendor.id).exists()


def test_relations_between_invented_and_known_types_work_both_ways(
    artist: Session, witness: Session, project: Entity
) -> None:
    vendor = artist.create("Vendor", name="Acme")
    prop = artist.create("Prop", name="teapot", parent=project)
    for number in "12":
        artist.create("Delivery", vendor=vendor, number=number, context=prop)
    assert artist.commit() == 4

    Prop = witness.types.Prop
    found = witness.query(Prop).where(Prop.deliveries.any(vendor=witness.get("Vendor", vendor.id))).one()
    assert found.id == prop.id
    assert sorted(delivery.number for delivery in found.deliveries) == ["1", "2"]
    assert {delivery.vendor.name for delivery in found.deliveries} == {"Acme"}
    assert found.deliveries[0].context is found
    assert len(existing(witness.get("Vendor", vendor.id)).deliveries) == 2


def test_an_invented_longer_key_is_an_identity(artist: Session, witness: Session) -> None:
    vendor = artist.create("Vendor", name="Acme")
    delivery = artist.create("Delivery", vendor=vendor, number="7")
    artist.commit()
    found = existing(witness.get("Delivery", (vendor.id, "7")))
    assert found.received is False
    with requests_made(witness) == 0:
        assert witness.get("Delivery", [vendor.id, "7"]) is found
    found.received = True
    witness.commit()
    with pytest.raises(errors.UsageError, match="already"):
        artist.create("Delivery", vendor=vendor, number="7")
    artist.delete(delivery)
    artist.commit()
    assert witness.query("Delivery").where(vendor_id=vendor.id).count() == 0


@pytest.mark.parametrize("value", ["a text", 4, 2.5, True, ["a", {"b": None}], {"deep": [1, 2]}, None])
def test_a_value_of_an_unknown_type_is_sent_and_read_unchanged(artist: Session, witness: Session, value: Any) -> None:
    vendor = artist.create("Vendor", name="Acme", hologram=value)
    artist.commit()
    found = witness.query("Vendor").where(id=vendor.id).select("hologram").one()
    assert found.hologram == value
    assert type(found.hologram) is type(value)


# -- invented attributes on known types -------------------------------------------------------------------------------


def test_an_invented_attribute_of_a_known_type_is_read_written_and_queried(
    artist: Session, witness: Session, project: Entity
) -> None:
    tasks = [artist.create("Task", name=f"task{number}", parent=project) for number in range(3)]
    artist.commit()
    tasks[1].mood = "stormy"
    artist.commit()
    Task = witness.types.Task
    found = witness.query(Task).where(project_id=project.id).order_by(Task.mood.desc(), Task.name).select(Task.mood)
    assert [task.mood for task in found] == ["stormy", "calm", "calm"]
    assert witness.query(Task).where(Task.mood.like("st%"), Task.project_id == project.id).one().id == tasks[1].id


class GrowingServer:
    """A server that gets the object type `Prop` during a session, and counts requests for its schema."""

    def __init__(self) -> None:
        self.answer = copy.deepcopy(datamodel.load().schemas)
        self.schema_requests = 0

    def add_prop(self) -> None:
        prop = copy.deepcopy(next(each for each in self.answer if each["id"] == "Task"))
        prop["id"] = "Prop"
        prop["alias_for"] = {"id": "Task", "classifiers": {"object_typeid": PROP}}
        self.answer.append(prop)

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        return 200, "application/json", json.dumps([self.reply(each) for each in json.loads(body)]).encode()

    def reply(self, operation: dict[str, Any]) -> Any:
        if operation["action"] == "query_schemas":
            self.schema_requests += 1
            return self.answer
        if operation["action"] == "query_server_information":
            return {"version": "4.13.8.0", "schema_hash": schema_hash(self.answer)}
        name = "Prop" if any(each["id"] == "Prop" for each in self.answer) else "Task"
        key = "new" if '"new"' in operation["expression"] else "old"
        row = {"__entity_type__": name, "id": key, "object_type_id": PROP, "name": "chair", "bid": 3.0}
        return {"action": "query", "data": [row], "metadata": {"next": {"offset": None}}}


@pytest.mark.parametrize(
    "read",
    [
        lambda session: session.query("TypedContext").where(id="new").one(),
        lambda session: session.get("Context", "new"),
    ],
    ids=["by a query", "by its key"],
)
def test_a_type_added_after_the_handshake_is_read_with_one_request(read: Any) -> None:
    server = GrowingServer()
    with Session("https://x.test", "key", "user", transport=InProcess(server), schema_cache_path=False) as session:
        assert type(session.query("Context").one()).__name__ == "Task"
        server.add_prop()
        before = server.schema_requests
        prop = read(session)
        assert (prop.id, prop.name, type(prop).__name__) == ("new", "chair", "Prop")
        assert server.schema_requests == before + 1
        assert "Prop" in session.types


# -- copies -----------------------------------------------------------------------------------------------------------


def test_invented_types_and_attributes_are_copied_with_the_tree(
    artist: Session, witness: Session, project: Entity
) -> None:
    folder = artist.create("Folder", name="things", parent=project, mood="wild")
    artist.create("Prop", name="teapot", parent=folder, weight=1.5, mood="tired")
    artist.create("Task", name="modeling", parent=folder, mood="busy")
    artist.commit()
    result = artist.copy(folder, values={"name": "copies"})
    copies = existing(witness.get("Folder", result[folder])).children
    assert {(type(each).__name__, each.name, each.mood) for each in copies} == {
        ("Prop", "teapot", "tired"),
        ("Task", "modeling", "busy"),
    }
    assert [each.weight for each in copies if each.name == "teapot"] == [1.5]
    assert artist.copy(folder, values={"name": "copies"}).created == 0


def test_a_server_without_a_type_or_an_attribute_gets_the_rest(
    artist: Session, project: Entity, tmp_path: Path
) -> None:
    folder = artist.create("Folder", name="things", parent=project, mood="wild")
    prop = artist.create("Prop", name="teapot", parent=folder, weight=1.5)
    artist.create("Task", name="handle", parent=prop)
    artist.create("Task", name="modeling", parent=folder)
    artist.commit()
    with (
        Sandbox(seed="empty") as box,
        Session(box.url, box.api_key, box.api_user, schema_cache_path=tmp_path) as archive,
    ):
        with pytest.raises(errors.InvalidValue, match=r"no equivalent of the entity type Prop \(1\)"):
            artist.copy(project, to=archive)
        result = artist.copy(project, to=archive, missing="skip")
        (copy,) = result.entity.children
        assert [(each.__entity_type__, each.name) for each in copy.children] == [("Task", "modeling")]
        assert "Task: it belongs to an entity that is left out (1)" in result.left_out
        assert "Folder.mood: the other server does not have this attribute (1)" in result.left_out
