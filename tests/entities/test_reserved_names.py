"""Attributes of a schema that have the names of Python or of this library."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.classes import EntityClass
from ftrack_orm.entities.entity import Entity
from ftrack_orm.transport.in_process import InProcess

TEXT = {"type": "string"}

#: All names that Python or the library looks up on entities and their classes, and some that they may look up.
NAMES = sorted(
    {*dir(Entity), *dir(EntityClass), *vars(EntityClass), "__schema__", "__attributes__"}
    | {"items", "keys", "values", "get", "__copy__", "__len__", "__bool__", "__iter__", "__call__", "__html__"}
)


def connect(*names: str) -> Session:
    """Return a session on a server whose entities have attributes of these names, with their names as values."""
    properties = {"id": TEXT, "name": TEXT, **dict.fromkeys(names, TEXT)}
    base = {"id": "Base", "primary_key": ["id"], "default_projections": [*properties], "properties": properties}
    derived = {**base, "id": "Derived", "$mixin": {"$ref": "Base"}}
    row = {"id": "1", "name": "one", **{name: f"value of {name}" for name in names}}

    def handle(method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        answers: list[Any] = []
        for operation in json.loads(body):
            if operation["action"] == "query_server_information":
                answers.append({"version": "4.9"})
            elif operation["action"] == "query_schemas":
                answers.append([base, derived])
            elif operation["action"] == "update":
                row.update(operation["entity_data"])
                answers.append({"action": "update", "data": {"__entity_type__": "Derived", **row}})
            else:
                kind = "Derived" if "Derived" in operation["expression"] else "Base"
                answers.append({"action": "query", "data": [{**row, "__entity_type__": kind}], "metadata": {}})
        return 200, "application/json", json.dumps(answers).encode()

    return Session("https://studio.test", "key", "user", transport=InProcess(handle), schema_cache_path=False)


@pytest.mark.parametrize("name", NAMES)
def test_an_attribute_of_any_name_is_reached_by_item_and_shadows_nothing(name: str) -> None:
    with connect(name) as session:
        Base, Derived = session.types.Base, session.types["Derived"]
        entity = session.query("Base").one()
        assert type(entity) is Base
        assert session.query("Derived").one() is entity
        assert entity[name] == f"value of {name}"
        assert type(entity) is entity.__class__ is Derived
        assert (entity.__entity_type__, entity.__schema__.name) == ("Derived", "Derived")
        assert Derived.__entity_type__ == "Derived"
        assert name in entity.__attributes__
        assert entity.__reference__().key == (("id", "1"),)
        assert "Derived 'one' 1" in repr(entity) == entity.__repr__() == Entity.__repr__(entity)
        assert Derived.mro()[:3] == [Derived, Base, Entity]
        assert isinstance(entity, Base)
        assert issubclass(Derived, Base)
        assert entity
        assert entity == entity
        assert {entity: 1}[entity] == 1
        assert name in dir(entity)
        assert inspect(entity).entity_type == "Derived"
        with pytest.raises(errors.UsageError, match="belongs to its session"):
            copy.deepcopy(entity)
        with pytest.raises(errors.UsageError, match=r"session\.create"):
            Derived()
        entity[name] = "changed"
        assert session.changes()
        session.commit()
        assert entity[name] == "changed"


def test_assigning_a_reserved_name_changes_neither_class_nor_value() -> None:
    with connect("__class__", "__dict__") as session:
        entity = session.query("Base").one()
        for name in ("__class__", "__dict__", "__other__"):
            with pytest.raises(errors.UnknownAttribute):
                setattr(entity, name, dict)
        assert type(entity) is session.types.Base
        assert entity["__dict__"] == "value of __dict__"
        assert entity.__dict__["name"] == "one"


def test_an_attribute_that_is_not_loaded_is_loaded_by_item() -> None:
    with connect("mro", "__init__") as session:
        entity = session.query("select name from Base").one()
        session.expire(entity, "mro", "__init__")
        assert (entity["mro"], entity["__init__"]) == ("value of mro", "value of __init__")
        with pytest.raises(AttributeError):
            _ = entity.__missing__


def test_the_key_of_the_entity_type_in_rows_cannot_be_an_attribute() -> None:
    with connect("__entity_type__") as session:
        entity = session.query("Base").one()
        assert entity.__entity_type__ == "Base"
        assert entity.__schema__.name == "Base"


def test_keys_of_rows_that_the_schema_does_not_know_never_reach_an_entity() -> None:
    with connect() as session:
        session.call(
            [{"action": "update", "entity_data": {"__dict__": 1, "mro": 2, "__schema__": 3, "_ftrack_state": 4}}]
        )
        entity = session.query("Base").one()
        assert entity.__dict__.keys() == {"id", "name"}
        assert entity.__schema__ is type(entity).__schema__
