"""A generated production in two forms: rows of the embedded server's tables, and plain objects with references.

The objects are created from the rows in Python, so that a result computed from them is independent of the server's SQL.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from ftrack_orm.sandbox import datamodel
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.sandbox.writing import closure
from ftrack_orm.schema.attribute import Attribute, Kind, ValueType
from ftrack_orm.schema.model import Schema
from ftrack_orm.schema.relations import Derived, ForeignKey, HiddenKey, Inverse, Through

#: Type -> number of entities. Other types have no entities in either form.
SIZES = {
    "ObjectType": 3,
    "State": 2,
    "Status": 4,
    "Type": 3,
    "Priority": 2,
    "Scope": 3,
    "User": 4,
    "Group": 3,
    "Project": 2,
    "Sequence": 3,
    "Shot": 5,
    "Task": 12,
    "Appointment": 14,
    "Timelog": 8,
    "Asset": 4,
    "AssetVersion": 8,
    "AssetVersionLink": 5,
    "TypedContextLink": 6,
    "TypedContextList": 2,
    "AssetVersionList": 1,
    "ListObject": 7,
    "Note": 9,
    "Metadata": 14,
    "CustomAttributeConfiguration": 6,
    "ContextCustomAttributeValue": 14,
}
#: The types that a query may start from or lead to.
TYPES = (*SIZES, "Context", "TypedContext", "Resource", "List")

TEXTS = [
    *("", "a", "A", "Comp", "comp", "COMP", "100%", "100\\%", 'say "x"', "it's", "Ünï", "ünï", "a_b", "axb", "none"),
    *("back\\slash", "true", "5", "05", "2024-05-01", "line\nbreak", "[x]", "日本", "select", "Z", "_", "composite"),
]
NUMBERS: list[int | float] = [0, 1, 2, 5, -3, 2.5, 10]
MOMENTS = ["2024-05-01T00:00:00", "2024-05-01T10:00:00", "2024-05-02T00:00:00", "2023-12-31T23:59:59"]

#: (type, attribute) -> target types of ids whose target is not in the schema, and of ids that form a tree.
_TARGETS = {
    ("Metadata", "parent_id"): ("Task", "Shot", "AssetVersion", "User"),
    ("Note", "parent_id"): ("Task", "Shot", "Project", "AssetVersion"),
    ("ListObject", "entity_id"): ("Task", "AssetVersion"),
    ("Project", "parent_id"): (),
    ("Sequence", "parent_id"): ("Project",),
    ("Shot", "parent_id"): ("Sequence", "Project"),
    ("Task", "parent_id"): ("Shot", "Sequence", "Project"),
    ("Group", "parent_id"): (),
    ("ContextCustomAttributeValue", "entity_id"): ("Task", "Shot", "Project"),
}
_VALUES = ["Comp", "comp", "", 5, 2.5, "5", True, False, ["a", "Comp"], [], None, {"date": MOMENTS[1]}]

Row = dict[str, Any]


class Production:
    """The rows of a generated production, and the objects that represent them."""

    def __init__(self, seed: int) -> None:
        model = datamodel.load()
        self.schema = Schema.from_response(model.schemas)
        self.tables = Tables(self.schema, model.relations)
        self.random = random.Random(seed)
        self.rows: dict[str, list[Row]] = {}
        for name, size in SIZES.items():
            self.rows[name] = [self._row(name, number) for number in range(size)]
        self._make_consistent()
        self.scopes = [
            (row["id"], scope["id"])
            for name in ("Project", "Shot", "Task")
            for row in self.rows[name]
            for scope in self.random.sample(self.rows["Scope"], self.random.randint(0, 2))
        ]
        self._objects = {id(row): self._plain(name, row) for name, row in self._all()}
        self._by_id = {row["id"]: row for _, row in self._all() if "id" in row}
        for name, row in self._all():
            for attribute in self.relations(name):
                self._objects[id(row)][attribute.name] = self._related(name, row, attribute)

    def candidates(self, entity_type: str) -> list[Row]:
        """Return the objects of the whole family of a type, in the order of their primary key."""
        family = self.schema.type(entity_type).family
        members = [(name, row) for name, row in self._all() if self.schema.type(name).family == family]
        key = self.schema.type(family).primary_key
        # Keys that are text, such as that of metadata, are ordered without regard to case, ids exactly.
        members.sort(key=lambda pair: [pair[1][name] if name.endswith("id") else pair[1][name].lower() for name in key])
        return [self._objects[id(row)] for _, row in members]

    def ids(self) -> list[str]:
        """Return the ids of all entities."""
        return list(self._by_id)

    def scalars(self, entity_type: str) -> list[Attribute]:
        """Return the attributes of a type whose values are stored rather than computed."""
        attributes = self.schema.type(entity_type).attributes.values()
        scalars = [attribute for attribute in attributes if attribute.kind is Kind.SCALAR]
        return [attribute for attribute in scalars if self.tables.column(entity_type, attribute.name) is not None]

    def relations(self, entity_type: str) -> list[Attribute]:
        """Return the relations of a type to entities of the production."""
        attributes = self.schema.type(entity_type).attributes.values()
        return [attribute for attribute in attributes if attribute.target in TYPES]

    def insert_into(self, connection: sa.Connection) -> None:
        """Insert the rows into empty tables."""
        self.tables.metadata.create_all(connection)
        for name, rows in self.rows.items():
            table = self.tables.table(name)
            values = [{**self._columns(name, row), ENTITY_TYPE: self.tables.concrete(name)[0]} for row in rows]
            connection.execute(table.insert(), values)
        links = self.tables.metadata.tables["ContextScope"]
        connection.execute(links.insert(), [{"context_id": one, "scope_id": other} for one, other in self.scopes])
        closure.rebuild(connection, self.tables)

    # -- rows -----------------------------------------------------------------------------------------------------

    def _row(self, name: str, number: int) -> Row:
        row: Row = {}
        for attribute in self.scalars(name):
            row[attribute.name] = self._value(name, attribute, number)
        return row

    def _value(self, name: str, attribute: Attribute, number: int) -> Any:
        choose = self.random.choice
        if attribute.name == "id":
            return f"{name.lower()}-{number:02}"
        if attribute.foreign_key is not None or (name, attribute.name) in _TARGETS:
            targets = _TARGETS.get((name, attribute.name), (str(attribute.foreign_key).split(".")[0],))
            return self._id_of(targets, always=(name, attribute.name) in _TARGETS)
        if attribute.name.endswith("_id") or (self.random.random() < 0.2 and attribute.name != "version"):
            return None
        if attribute.enumeration:
            return choose(attribute.enumeration)
        if attribute.value_type is ValueType.BOOLEAN:
            return choose([True, False])
        if attribute.value_type in (ValueType.INTEGER, ValueType.NUMBER):
            return int(choose(NUMBERS)) if attribute.value_type is ValueType.INTEGER else float(choose(NUMBERS))
        if attribute.value_type is ValueType.DATETIME:
            return choose(MOMENTS)
        if attribute.value_type is ValueType.ANY:
            return _stored(choose(_VALUES))
        return choose(TEXTS)

    def _id_of(self, targets: Iterable[str], *, always: bool) -> str | None:
        names = [name for target in targets for name in self.schema.concrete(target)]
        rows = [row for name in names for row in self.rows.get(name, ())]
        if not rows or (not always and self.random.random() < 0.2):
            return None
        id_: str = self.random.choice(rows)["id"]
        return id_

    def _make_consistent(self) -> None:
        """Set the values that cannot be random: object types, projects, and keys that must differ."""
        object_types = dict(zip(("Task", "Shot", "Sequence"), self.rows["ObjectType"], strict=True))
        for name, object_type in object_types.items():
            object_type["id"] = self.schema.types[name].classifiers["object_type_id"]
            object_type["name"] = name
        by_id = {row["id"]: row for name in ("Project", "Sequence", "Shot", "Task") for row in self.rows[name]}
        for row in by_id.values():
            parent = by_id.get(row["parent_id"])
            row["project_id"] = row["id"] if parent is None else parent["project_id"]
        for name, object_type in object_types.items():
            for row in self.rows[name]:
                row["object_type_id"] = object_type["id"]
        for row in self.rows["Status"]:
            row["state_id"] = self.random.choice([*(state["id"] for state in self.rows["State"]), None])
        for row in self.rows["Group"][1:]:
            row["parent_id"] = self.rows["Group"][0]["id"]
        for number, row in enumerate(self.rows["Metadata"]):
            row["key"] = ("kind", "Take", "50%", "KIND ")[number % 4]
        for number, row in enumerate(self.rows["CustomAttributeConfiguration"]):
            row["key"] = ("fstart", "note", "cut", "fstart", "day", "Note2")[number]
            row["entity_type"] = ("task", "task", "show", "task", "task", "task")[number]
            name = "Task" if number in (0, 1, 3) else "Shot"
            row["object_type_id"] = None if number in (2, 4) else object_types[name]["id"]
            row["is_hierarchical"] = number == 4
            row["project_id"] = self.rows["Project"][0]["id"] if number == 3 else None  # shadows the first
        for row in self.rows["ContextCustomAttributeValue"]:
            row["configuration_id"] = self.random.choice(self.rows["CustomAttributeConfiguration"])["id"]
        for row in self.rows["ListObject"]:
            member = "Task" if row["list_id"] and row["list_id"].startswith("typedcontextlist") else "AssetVersion"
            row["entity_id"] = self.random.choice(self.rows[member])["id"]
        for name in ("Metadata", "ContextCustomAttributeValue"):
            key = self.schema.types[name].primary_key
            self.rows[name] = list({tuple(row[part] for part in key): row for row in self.rows[name]}.values())

    def _columns(self, name: str, row: Row) -> Row:
        columns = {}
        for attribute, value in row.items():
            is_attribute = attribute in self.schema.types[name].attributes
            column = self.tables.column(name, attribute) if is_attribute else None
            columns[attribute if column is None else column.name] = value
        return columns

    # -- objects --------------------------------------------------------------------------------------------------

    def _all(self) -> Iterator[tuple[str, Row]]:
        for name, rows in self.rows.items():
            for row in rows:
                yield name, row

    def _plain(self, name: str, row: Row) -> Row:
        """Return an object with the values of a row. About half of the datetimes are ISO 8601 text."""
        plain: Row = {"__entity_type__": name}
        for attribute in self.scalars(name):
            value = row[attribute.name]
            if attribute.value_type is ValueType.DATETIME and value is not None and self.random.random() < 0.5:
                value = _moment(value)
            plain[attribute.name] = _decoded(value)
        return plain

    def _related(self, name: str, row: Row, attribute: Attribute) -> Any:
        if attribute.name == "custom_attributes":
            return [self._custom_value(configuration, row) for configuration in self._configurations(name, row)]
        key = self.tables.relation(name, attribute.name)
        if isinstance(key, (ForeignKey, HiddenKey)):
            target_row = self._by_id.get(row[key.attribute if isinstance(key, ForeignKey) else key.column])
            return None if target_row is None else self._objects[id(target_row)]
        target = str(attribute.target)
        if isinstance(key, Inverse):
            matching = [
                other
                for other in self._targets(target)
                if other.get(key.attribute) == row["id"] and all(other[only] == value for only, value in key.only)
            ]
        elif isinstance(key, Through):
            pairs = self.scopes if key.link == "ContextScope" else self._pairs(key)
            near_is_first = key.near == "context_id" if key.link == "ContextScope" else True
            ends = pairs if near_is_first else [(far, near) for near, far in pairs]
            linked = [far for near, far in ends if near == row["id"]]
            matching = [other for other in self._targets(target) for far in linked if other["id"] == far]
        else:
            return self._derived(key, row, attribute)
        return [self._objects[id(other)] for other in matching]

    def _pairs(self, key: Through) -> list[tuple[Any, Any]]:
        return [(row[key.near], row[key.far]) for row in self.rows[key.link]]

    def _targets(self, target: str) -> list[Row]:
        """Return the rows that a collection may contain: one whose schema names `Task` contains every typed context."""
        is_object_type = bool(self.schema.types[target].classifiers)
        family = self.schema.types[target].family
        return [
            row
            for name, row in self._all()
            if self.schema.is_a(name, target) or (is_object_type and self.schema.types[name].family == family)
        ]

    def _derived(self, key: Derived, row: Row, attribute: Attribute) -> Any:
        if key.rule == "latest_version":
            versions = [other for other in self.rows["AssetVersion"] if other["asset_id"] == row["id"]]
            newest = min(versions, key=lambda other: (-other["version"], other["id"]), default=None)
            return None if newest is None else self._objects[id(newest)]
        contexts = [other for name, other in self._all() if self.schema.types[name].family == "Context"]
        if key.rule == "descendants":
            relatives = [other for other in contexts if row["id"] in self._ancestor_ids(other)]
        elif key.rule == "ancestors":
            relatives = [other for other in contexts if other["id"] in self._ancestor_ids(row)]
        else:
            raise AssertionError(f"the production has no rule for {key.rule}")
        is_typed = attribute.target == "TypedContext"
        return [self._objects[id(other)] for other in relatives if not is_typed or other["parent_id"] is not None]

    def _ancestor_ids(self, row: Row) -> list[str]:
        ids = []
        while row["parent_id"] is not None:
            row = self._by_id[row["parent_id"]]
            ids.append(row["id"])
        return ids

    # -- custom attributes ----------------------------------------------------------------------------------------

    def _configurations(self, name: str, row: Row) -> list[Row]:
        applying = []
        for one in self.rows["CustomAttributeConfiguration"]:
            if name == "Project":
                fits = one["entity_type"] == "show"
            else:
                fits = one["entity_type"] == "task" and one["object_type_id"] == row["object_type_id"]
            if (fits or one["is_hierarchical"]) and one["project_id"] in (None, row["project_id"]):
                applying.append(one)
        own_keys = {one["key"] for one in applying if one["project_id"] is not None}
        return [one for one in applying if one["project_id"] is not None or one["key"] not in own_keys]

    def _custom_value(self, configuration: Row, row: Row) -> Row:
        value = None if configuration["is_hierarchical"] else configuration["default"]
        for stored in self.rows["ContextCustomAttributeValue"]:
            if (stored["configuration_id"], stored["entity_id"]) == (configuration["id"], row["id"]):
                value = stored["value"]
        return {
            "__entity_type__": "ContextCustomAttributeValue",
            "configuration_id": configuration["id"],
            "configuration": self._objects[id(configuration)],
            "entity_id": row["id"],
            "key": configuration["key"],
            "value": _decoded(value),
        }


def _stored(value: Any) -> Any:
    return {"__type__": "datetime", "value": value["date"]} if isinstance(value, dict) else value


def _decoded(value: Any) -> Any:
    return _moment(value["value"]) if isinstance(value, dict) else value


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)
