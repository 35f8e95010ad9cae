"""Old and new values in the entries of events, for all attributes of the schema, and members of collections."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm.events.changed_values import MemberChange, member_change, value_changes
from ftrack_orm.events.invalidation import EventInvalidation
from ftrack_orm.events.update_entry import EntityTypes, UpdateEntry, update_entries
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.attribute import Kind, ValueType
from ftrack_orm.schema.model import EntityType, Schema
from ftrack_orm.schema.relations import Inverse, Through
from tests.events.updates import update_data

NOON = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.timezone.utc)

#: By value type, forms of a value in events, and the value that entities have.
FORMS: dict[ValueType, list[tuple[Any, Any]]] = {
    ValueType.TEXT: [("x", "x"), ("", "")],
    ValueType.BOOLEAN: [(True, True), ("1", True), ("0", False), (0, False), ("perhaps", "perhaps")],
    ValueType.INTEGER: [(5, 5), ("5", 5), ("5.0", 5), ("many", "many")],
    ValueType.NUMBER: [(2.5, 2.5), ("2.5", 2.5), (5, 5)],
    ValueType.DATETIME: [
        ("2026-11-26T12:00:00", NOON),
        ({"__type__": "datetime", "value": "2026-11-26T12:00:00"}, NOON),
        ("soon", "soon"),
    ],
}


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema.from_response(datamodel.load().schemas)


def entries_of(schema: Schema, data: dict[str, Any]) -> list[tuple[EntityType, UpdateEntry]]:
    entries = update_entries(data, EntityTypes(schema)).entries
    return [(entry.entity_type, entry) for entry in entries if entry.entity_type is not None]


def test_every_scalar_attribute_is_found_by_its_internal_name_with_a_value_of_its_type(schema: Schema) -> None:
    for entity_type in schema.types.values():
        for attribute in entity_type.attributes.values():
            if attribute.kind is not Kind.SCALAR or attribute.value_type not in FORMS:
                continue
            for raw, value in FORMS[attribute.value_type]:
                internal_name = attribute.alias or attribute.name
                ((found, entry),) = entries_of(
                    schema, update_data(entity_type=entity_type.name, changes={internal_name: (None, raw)})
                )
                change = value_changes(schema, found, entry)[attribute.name]
                assert (change.old, change.new) == (None, value), (entity_type.name, attribute.name)


def test_every_reference_and_its_key_are_names_of_a_change_of_either(schema: Schema) -> None:
    invalidation = EventInvalidation(schema)
    for entity_type in schema.types.values():
        if len(entity_type.primary_key) > 1:
            continue
        for reference, key in entity_type.reference_keys.items():
            for attribute in (entity_type.attributes[key], entity_type.attributes[reference]):
                data = update_data(
                    entity_type=entity_type.name, changes={attribute.alias or attribute.name: ("a", "b")}
                )
                notices = invalidation.notices(data)
                names = {name for each in notices if each.key == ("t1",) for name in each.names or ()}
                assert {reference, key} <= names, (entity_type.name, attribute.name)


def test_a_name_that_the_schema_lacks_is_the_key_of_a_custom_attribute(schema: Schema) -> None:
    ((entity_type, entry),) = entries_of(schema, update_data(changes={"fstart": ("1", "2"), "name": ("a", "b")}))
    changes = value_changes(schema, entity_type, entry)
    assert set(changes) == {"fstart", "name"}
    assert (changes["fstart"].attribute, changes["fstart"].new) == (None, "2")


def test_malformed_changes_are_skipped(schema: Schema) -> None:
    data = update_data()
    data["entities"][0]["changes"] = {"name": "x"}
    ((entity_type, entry),) = entries_of(schema, data)
    assert value_changes(schema, entity_type, entry) == {}


@pytest.mark.parametrize("action", ["add", "remove"])
def test_every_collection_with_known_storage_gains_and_loses_members(schema: Schema, action: str) -> None:
    tried = 0
    for owner in schema.types.values():
        for attribute in owner.attributes.values():
            if attribute.kind is not Kind.COLLECTION or len(owner.primary_key) != 1:
                continue
            stored = schema.membership(owner.name, attribute.name)
            values: dict[str, str] = {}
            if isinstance(stored, Inverse) and len(schema.type(str(attribute.target)).primary_key) == 1:
                holder, member = str(attribute.target), "m1"
                values = {stored.attribute: "owner", **dict(stored.only)}
            elif isinstance(stored, Through) and stored.link in schema.types:
                holder, member = stored.link, "far"
                values = {stored.near: "owner", stored.far: "far"}
            if not values:
                continue
            attributes = schema.types[holder].attributes
            changes = {
                (attributes[name].alias or name if name in attributes else name): (
                    (None, value) if action == "add" else (value, None)
                )
                for name, value in values.items()
            }
            entries = entries_of(schema, update_data(action, holder, "m1", changes))
            expected = {"add": ((member,), ()), "remove": ((), (member,))}[action]
            change = member_change(schema, owner, "owner", attribute, entries)
            assert change == MemberChange(str(attribute.target), *expected), (owner.name, attribute.name)
            other = member_change(schema, owner, "another", attribute, entries)
            assert other == MemberChange(str(attribute.target), (), ())
            tried += 1
    assert tried > 50


def test_an_appointment_of_another_type_is_no_assignment(schema: Schema) -> None:
    task = schema.type("Task")
    changes = {"context_id": (None, "t1"), "resource_id": (None, "u1"), "type": (None, "allocation")}
    entries = entries_of(schema, update_data("add", "Appointment", "a1", changes))
    assignments = member_change(schema, task, "t1", task.attribute("assignments"), entries)
    allocations = member_change(schema, task, "t1", task.attribute("allocations"), entries)
    assert assignments == MemberChange("Appointment", (), ())
    assert allocations == MemberChange("Appointment", ("a1",), ())


def test_a_collection_without_known_storage_is_left_open(schema: Schema) -> None:
    task = schema.type("Task")
    assert member_change(schema, task, "t1", task.attribute("ancestors"), []) is None
