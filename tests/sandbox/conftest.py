"""Fixtures of the sandbox's tests: a small data model with every kind of relation, and an empty database for it."""

from __future__ import annotations

import datetime
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from ftrack_orm.query.language.nodes import Path, Select, Step
from ftrack_orm.sandbox import credentials, datamodel
from ftrack_orm.sandbox.application import Application
from ftrack_orm.sandbox.reading.execution import run_query
from ftrack_orm.sandbox.reading.serialization import Serializer
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.sandbox.writing import closure
from ftrack_orm.schema.model import Schema
from ftrack_orm.schema.relations import Derived, ForeignKey, HiddenKey, Inverse, RelationKeys, Through
from ftrack_orm.wire.replies import QueryReply

_CONTEXT = {
    "id": "text",
    "name": "text",
    "parent_id": "text>Context",
    "parent": "->Context",
    "project_id": "text>Project",
    "context_type": "text",
    "created_at": "date",
    "thumbnail_id": "text>Component",
    "thumbnail": "->Component",
    "thumbnail_url": "object",
    "link": "text",
    "children": "*Context",
    "assets": "*Asset",
    "assignments": "*Appointment",
    "allocations": "*Appointment",
    "timelogs": "*Timelog",
    "scopes": "*Scope",
    "notes": "*Note",
    "metadata": "%Metadata",
    "custom_attributes": "%ContextCustomAttributeValue",
    "custom_attribute_links": "!CustomAttributeLink",
}
_TYPED = {
    **_CONTEXT,
    "bid": "number",
    "sort": "number",
    "description": "text",
    "start_date": "date",
    "status_id": "text>Status",
    "status": "->Status",
    "type_id": "text>Type",
    "type": "->Type",
    "object_type_id": "text>ObjectType",
    "object_type": "->ObjectType",
    "project": "->Project",
    "ancestors": "*TypedContext",
    "descendants": "*TypedContext",
    "incoming_links": "*TypedContextLink",
    "lists": "*TypedContextList",
    "time_logged": "number",
    "bid_time_logged_difference": "number",
}
_RESOURCE = {"id": "text", "resource_type": "text", "assignments": "*Appointment"}
_COMPONENT = {
    "id": "text",
    "name": "text",
    "system_type": "text",
    "size": "integer",
    "version_id": "text>AssetVersion",
    "container_id": "text>ContainerComponent",
}
_LIST = {
    "id": "text",
    "name": "text",
    "system_type": "text",
    "project_id": "text>Project",
    "user_id": "text>User",
    "owner": "->User",
    "custom_attributes": "%ListCustomAttributeValue",
}
_CONFIGURATION = {
    "id": "text",
    "key": "text",
    "label": "text",
    "entity_type": "text",
    "object_type_id": "text>ObjectType",
    "project_id": "text>Project",
}
_VALUE = {
    "configuration_id": "text>CustomAttributeConfiguration",
    "configuration": "->CustomAttributeConfiguration",
    "value": "variable",
}
_LINK_ENDS = {
    "id": "text",
    "from_id": "text",
    "to_id": "text",
    "configuration_id": "text>CustomAttributeLinkConfiguration",
    "configuration": "->CustomAttributeLinkConfiguration",
}

#: type -> its attributes. "text>Status" is a foreign key, "->Status" a reference, "*Task" a collection, "%X" a mapping,
#: "!X" a collection for criteria only.
_TYPES: dict[str, dict[str, str]] = {
    "Context": _CONTEXT,
    "Project": {**_CONTEXT, "full_name": "text", "status": "text", "descendants": "*TypedContext"},
    "TypedContext": _TYPED,
    "Task": _TYPED,
    "Shot": _TYPED,
    "Status": {"id": "text", "name": "text", "sort": "integer", "state": "->State", "tasks": "*Task"},
    "State": {"id": "text", "name": "text", "short": "text", "usage": "number"},
    "Type": {"id": "text", "name": "text", "is_billable": "boolean", "task_type_schemas": "*TaskTypeSchema"},
    "TaskTypeSchema": {"id": "text", "name": "text", "types": "*Type"},
    "ObjectType": {"id": "text", "name": "text", "tasks": "*Task"},
    "Scope": {"id": "text", "name": "text"},
    "Resource": _RESOURCE,
    "User": {
        **_RESOURCE,
        "username": "text",
        "is_active": "boolean",
        "thumbnail_id": "text>Component",
        "thumbnail_url": "object",
        "custom_attributes": "%UserCustomAttributeValue",
    },
    "Group": {**_RESOURCE, "name": "text", "parent_id": "text>Group", "parent": "->Group", "link": "text"},
    "Appointment": {
        "id": "text",
        "type": "text",
        "context_id": "text>Context",
        "context": "->Context",
        "resource_id": "text>Resource",
        "resource": "->Resource",
    },
    "Timelog": {"id": "text", "start": "date", "duration": "number", "context_id": "text>Context"},
    "Note": {
        "id": "text",
        "content": "text",
        "parent_id": "text",
        "parent_type": "text",
        "date": "date",
        "category_id": "text>NoteCategory",
        "category": "->NoteCategory",
        "recipients": "*Recipient",
    },
    "Recipient": {
        "note_id": "text>Note",
        "resource_id": "text>Resource",
        "recipient": "->Resource",
        "user": "->User",
    },
    "NoteCategory": {"id": "text", "name": "text"},
    "NoteLabel": {"id": "text", "name": "text"},
    "Metadata": {"parent_id": "text", "key": "text", "value": "text", "parent_type": "text"},
    "Asset": {
        "id": "text",
        "name": "text",
        "context_id": "text>Context",
        "parent": "->Context",
        "ancestors": "*TypedContext",
        "versions": "*AssetVersion",
        "latest_version": "->AssetVersion",
        "custom_attributes": "%AssetCustomAttributeValue",
    },
    "AssetVersion": {
        "id": "text",
        "version": "integer",
        "asset_id": "text>Asset",
        "asset": "->Asset",
        "task_id": "text>Task",
        "task": "->Task",
        "thumbnail_id": "text>Component",
        "thumbnail_url": "object",
        "is_latest_version": "boolean",
        "custom_attributes": "%AssetVersionCustomAttributeValue",
        "link": "text",
        "components": "*Component",
        "uses_versions": "*AssetVersion",
        "used_in_versions": "*AssetVersion",
    },
    "AssetVersionLink": {"id": "text", "from_id": "text>AssetVersion", "to_id": "text>AssetVersion"},
    "Component": _COMPONENT,
    "FileComponent": _COMPONENT,
    "ContainerComponent": {**_COMPONENT, "members": "*Component"},
    "SequenceComponent": {**_COMPONENT, "members": "*Component", "padding": "integer"},
    "Disk": {"id": "text", "custom_attributes": "%ComponentCustomAttributeValue"},
    "ComponentLocation": {"id": "text", "component_id": "text>Component", "url": "object"},
    "TypedContextLink": {
        "id": "text",
        "from_id": "text>TypedContext",
        "from": "->TypedContext",
        "to_id": "text>TypedContext",
        "to": "->TypedContext",
    },
    "List": _LIST,
    "TypedContextList": {**_LIST, "items": "*Task"},
    "ListObject": {
        "id": "text",
        "list_id": "text>List",
        "list": "->List",
        "entity_id": "text",
        "custom_attributes": "%ListObjectCustomAttributeValue",
    },
    "CustomConfigurationBase": _CONFIGURATION,
    "CustomAttributeConfiguration": {
        **_CONFIGURATION,
        "default": "variable",
        "is_hierarchical": "boolean",
        "values": "*CustomAttributeValue",
    },
    "CustomAttributeLinkConfiguration": {**_CONFIGURATION, "entity_type_to": "text"},
    "CustomAttributeValue": {**_VALUE, "entity_id": "text"},
    "ContextCustomAttributeValue": {**_VALUE, "entity_id": "text>Context", "key": "text"},
    "AssetCustomAttributeValue": {**_VALUE, "entity_id": "text>Asset", "key": "text"},
    "AssetVersionCustomAttributeValue": {**_VALUE, "entity_id": "text>AssetVersion", "key": "text"},
    "ListCustomAttributeValue": {**_VALUE, "entity_id": "text>List", "key": "text"},
    "ListObjectCustomAttributeValue": {**_VALUE, "entity_id": "text>ListObject", "key": "text"},
    "ComponentCustomAttributeValue": {**_VALUE, "entity_id": "text>Component", "key": "text"},
    "UserCustomAttributeValue": {**_VALUE, "entity_id": "text>User", "key": "text"},
    "CustomAttributeLink": _LINK_ENDS,
    "UserCustomAttributeLink": {**_LINK_ENDS, "user": "->User"},
    "ContextCustomAttributeLink": {**_LINK_ENDS, "context": "->Context"},
    "CustomAttributeLinkFrom": {**_LINK_ENDS, "from_entity_type": "text", "to_entity_type": "text"},
    "ReviewSession": {
        "id": "text",
        "availability": "text",
        "start_date": "date",
        "end_date": "date",
        "is_open": "boolean",
        "thumbnail_id": "text>Component",
        "thumbnail": "->Component",
    },
    "ReviewSessionObject": {
        "id": "text",
        "sort_order": "number",
        "review_session_id": "text>ReviewSession",
        "version_id": "text>AssetVersion",
    },
    "UserSecurityRole": {"id": "text", "is_all_projects": "boolean~all", "is_all_open_projects": "boolean~all"},
    "Event": {"id": "integer", "action": "text"},
    "Setting": {"name": "text", "group": "text", "value": "text"},
    "SettingComponent": {
        "component_id": "text>Component",
        "name": "text",
        "group": "text",
        "setting": "->Setting",
        "url": "object",
    },
}

_PRIMARY_KEYS = {
    "Metadata": ["parent_id", "key"],
    "Recipient": ["note_id", "resource_id"],
    "Setting": ["name", "group"],
    "SettingComponent": ["component_id", "name", "group"],
    **{name: ["configuration_id", "entity_id"] for name in _TYPES if name.endswith("CustomAttributeValue")},
}
_ALIASES: dict[str, Any] = {
    "TypedContext": "Task",
    "Task": {"id": "Task", "classifiers": {"object_type_id": "object-task"}},
    "Shot": {"id": "Task", "classifiers": {"object_type_id": "object-shot"}},
    "TypedContextList": {"id": "List", "classifiers": {"system_type": "task"}},
    "NoteCategory": "NoteCategory",
    "NoteLabel": "NoteCategory",
}
_COMPUTED = {
    "TypedContext": ["time_logged", "bid_time_logged_difference", "thumbnail_url"],
    "ReviewSession": ["is_open", "thumbnail_id"],
    "ComponentLocation": ["url"],
    "SettingComponent": ["url"],
    "State": ["usage"],
}
_SYSTEM_PROJECTIONS = {
    **{name: ["context_type"] for name in ("Context", "Project")},
    **{name: ["project_id", "context_type"] for name in ("TypedContext", "Task", "Shot")},
    **{name: ["resource_type"] for name in ("Resource", "User", "Group")},
    "Asset": ["context_id"],
    "AssetVersion": ["asset_id"],
    **{name: ["entity_id", "key"] for name in _TYPES if name.endswith("CustomAttributeValue")},
}


def _property(notation: str) -> dict[str, Any]:
    for sign, described in (("*", {"type": "array"}), ("%", {"type": "mapped_array"}), ("!", {"type": "array"})):
        if notation.startswith(sign):
            extra: dict[str, Any] = {"key_value_attributes": {"key": "key", "value": "value"}} if sign == "%" else {}
            if sign == "!":
                extra = {"restricted_projection": True}
            return {**described, "items": {"$ref": notation[1:]}, **extra}
    if notation.startswith("->"):
        return {"$ref": notation[2:]}
    notation, _, target = notation.partition(">")
    kind, _, alias = notation.partition("~")
    found: dict[str, Any] = {"text": {"type": "string"}, "date": {"type": "string", "format": "date-time"}}.get(
        kind, {"type": kind}
    )
    found = dict(found)
    if target:
        found["description"] = f"Foreign key(s): {target}.id"
    if alias:
        found["alias_for"] = alias
    return found


@pytest.fixture(scope="session")
def answer() -> list[dict[str, Any]]:
    """A `query_schemas` answer with every kind of attribute and relation the embedded server stores."""
    return [
        {
            "id": name,
            "type": "object",
            "properties": {attribute: _property(notation) for attribute, notation in attributes.items()},
            "primary_key": _PRIMARY_KEYS.get(name, ["id"]),
            "default_projections": [key for key in ("id", "name") if key in attributes],
            "system_projections": _SYSTEM_PROJECTIONS.get(name, []),
            "computed": [*_COMPUTED.get("TypedContext" if name in ("Task", "Shot") else name, ["thumbnail_url"])],
            "alias_for": _ALIASES.get(name),
        }
        for name, attributes in _TYPES.items()
    ]


@pytest.fixture(scope="session")
def relations() -> RelationKeys:
    """The key of every relation of that data model."""
    keys: dict[tuple[str, str], Any] = {
        ("Context", "children"): Inverse("parent_id"),
        ("Context", "assets"): Inverse("context_id"),
        ("Context", "assignments"): Inverse("context_id", (("type", "assignment"),)),
        ("Context", "allocations"): Inverse("context_id", (("type", "allocation"),)),
        ("Context", "timelogs"): Inverse("context_id"),
        ("Context", "scopes"): Through("ContextScope", "context_id", "scope_id"),
        ("Context", "notes"): Inverse("parent_id"),
        ("Context", "metadata"): Inverse("parent_id"),
        ("Context", "custom_attribute_links"): Inverse("from_id"),
        ("Project", "descendants"): Derived("descendants"),
        ("TypedContext", "ancestors"): Derived("ancestors"),
        ("TypedContext", "descendants"): Derived("descendants"),
        ("TypedContext", "incoming_links"): Inverse("to_id"),
        ("TypedContext", "lists"): Through("ListObject", "entity_id", "list_id"),
        ("TypedContextList", "items"): Through("ListObject", "list_id", "entity_id"),
        ("List", "owner"): ForeignKey("user_id"),
        ("Status", "state"): HiddenKey("state_id"),
        ("Status", "tasks"): Inverse("status_id"),
        ("ObjectType", "tasks"): Inverse("object_type_id"),
        ("Type", "task_type_schemas"): Through("TaskTypeSchemaType", "type_id", "task_type_schema_id"),
        ("TaskTypeSchema", "types"): Through("TaskTypeSchemaType", "task_type_schema_id", "type_id"),
        ("Resource", "assignments"): Inverse("resource_id", (("type", "assignment"),)),
        ("Note", "recipients"): Inverse("note_id"),
        ("Recipient", "recipient"): ForeignKey("resource_id"),
        ("Recipient", "user"): Derived("recipient_user"),
        ("Asset", "ancestors"): Derived("parents_ancestors"),
        ("Asset", "parent"): ForeignKey("context_id"),
        ("Asset", "versions"): Inverse("asset_id"),
        ("Asset", "latest_version"): Derived("latest_version"),
        ("AssetVersion", "components"): Inverse("version_id"),
        ("AssetVersion", "uses_versions"): Through("AssetVersionLink", "to_id", "from_id"),
        ("AssetVersion", "used_in_versions"): Through("AssetVersionLink", "from_id", "to_id"),
        ("ContainerComponent", "members"): Inverse("container_id"),
        ("CustomAttributeConfiguration", "values"): Inverse("configuration_id"),
        ("UserCustomAttributeLink", "user"): ForeignKey("to_id"),
        ("ContextCustomAttributeLink", "context"): ForeignKey("to_id"),
        ("SettingComponent", "setting"): Derived("setting_of_component"),
        ("ReviewSession", "thumbnail"): Derived("review_session_thumbnail"),
    }
    for name, attributes in _TYPES.items():
        for attribute, notation in attributes.items():
            if attribute == "custom_attributes":
                keys[name, attribute] = Inverse("entity_id")
            elif notation.startswith("->") and f"{attribute}_id" in attributes:
                keys.setdefault((name, attribute), ForeignKey(f"{attribute}_id"))
    return keys


@pytest.fixture(scope="session")
def tables(answer: list[dict[str, Any]], relations: RelationKeys) -> Tables:
    """The tables of that data model."""
    return Tables(Schema.from_answer(answer), relations)


@pytest.fixture
def connection(tables: Tables) -> Iterator[sa.Connection]:
    """A connection to an empty database in memory that has the tables."""
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        yield connection
    engine.dispose()


Insert = Callable[..., None]


@pytest.fixture
def insert(connection: sa.Connection, tables: Tables) -> Insert:
    """Put a row into the database: `insert("Task", id="t1", name="x")`; hidden columns by their names."""

    def put(entity_type: str, /, **values: Any) -> None:
        if entity_type not in tables.schema.types:
            connection.execute(tables.metadata.tables[entity_type].insert().values(**values))
            return
        table = tables.table(entity_type)
        columns = {
            (table.c[name] if name in table.c else tables.column(entity_type, name)): value
            for name, value in values.items()
        }
        connection.execute(table.insert().values({**columns, table.c[ENTITY_TYPE]: tables.concrete(entity_type)[0]}))
        if "Context" in (entity_type, *tables.schema.type(entity_type).bases):
            closure.insert(connection, tables, values["id"], values.get("parent_id"))

    return put


@pytest.fixture
def now() -> datetime.datetime:
    """The moment at which queries are answered."""
    return datetime.datetime(2024, 5, 1, 12, 0, 0, tzinfo=datetime.timezone.utc)


@pytest.fixture
def ask(connection: sa.Connection, tables: Tables, now: datetime.datetime) -> Callable[..., QueryReply]:
    """Run a query given by its nodes: `ask("Task", "name", where=...)`; projections are dotted paths."""

    def run_select(
        entity_type: str, *projections: str, serializer: Serializer | None = None, **clauses: Any
    ) -> QueryReply:
        criterion = clauses.pop("where", None)
        select = Select(entity_type, tuple(map(path, projections)), criterion, **clauses)
        return run_query(connection, tables, select, serializer or Serializer(), now)

    return run_select


def path(text: str) -> Path:
    """Read a dotted path with casts: `children[Task].status`."""
    steps = []
    for piece in text.split("."):
        name, _, cast = piece.partition("[")
        steps.append(Step(name, cast.removesuffix("]") or None))
    return Path(tuple(steps))


@pytest.fixture
def small_production(insert: Insert) -> None:
    """Two projects: demo with a shot and three tasks below it, and other with one task."""
    insert("State", id="state-open", name="Open", short="NOT_STARTED")
    insert("State", id="state-done", name="Done", short="DONE")
    insert("Status", id="status-1", name="Not started", sort=1, state_id="state-open")
    insert("Status", id="status-2", name="In progress", sort=2, state_id="state-open")
    insert("Status", id="status-3", name="Approved", sort=3, state_id="state-done")
    insert("ObjectType", id="object-task", name="Task")
    insert("ObjectType", id="object-shot", name="Shot")
    insert("Project", id="project-a", name="demo", project_id="project-a", context_type="show")
    insert("Project", id="project-b", name="other", project_id="project-b", context_type="show")
    shot = {"object_type_id": "object-shot", "context_type": "task", "project_id": "project-a"}
    insert("Shot", id="shot-1", name="sh010", parent_id="project-a", status_id="status-2", bid=10.0, **shot)
    task = {"object_type_id": "object-task", "context_type": "task"}
    for number, (name, status, bid) in enumerate(
        [("Comp", "status-1", 1.0), ("anim", "status-2", 2.0), ("Layout", None, None)], start=1
    ):
        insert(
            "Task",
            id=f"task-{number}",
            name=name,
            parent_id="shot-1",
            project_id="project-a",
            status_id=status,
            bid=bid,
            created_at=f"2024-05-0{number}T10:00:00",
            **task,
        )
    insert("Task", id="task-4", name="edit 100%", parent_id="project-b", project_id="project-b", **task)
    insert("User", id="user-1", username="jane", resource_type="user", is_active=True)
    insert("User", id="user-2", username="joe", resource_type="user", is_active=False)
    insert("Group", id="group-1", name="crew", resource_type="group")
    for number, (kind, context, resource) in enumerate(
        [
            ("assignment", "task-1", "user-1"),
            ("assignment", "task-1", "group-1"),
            ("allocation", "task-1", "user-2"),
            ("assignment", "task-2", "user-2"),
        ],
        start=1,
    ):
        insert("Appointment", id=f"appointment-{number}", type=kind, context_id=context, resource_id=resource)
    insert("Metadata", parent_id="task-1", key="kind", value="Hero", parent_type="Task")
    insert("Metadata", parent_id="task-1", key="take", value="two", parent_type="Task")
    insert("Metadata", parent_id="task-2", key="kind", value="two", parent_type="Task")


# -- a whole server without sockets, on ftrack's own data model ---------------------------------------------------


class Studio:
    """An application with the configuration of a small studio, spoken to in the language on the line."""

    user, key, user_id = "jane", "jane-key", "user-jane"

    @staticmethod
    def ref(entity_type: str, id_: str) -> dict[str, str]:
        return {"__entity_type__": entity_type, "id": id_}

    @staticmethod
    def creating(entity_type: str, /, **data: Any) -> dict[str, Any]:
        return {"action": "create", "entity_type": entity_type, "entity_data": {"__entity_type__": entity_type, **data}}

    @staticmethod
    def updating(entity_type: str, key: Any, /, **data: Any) -> dict[str, Any]:
        return {"action": "update", "entity_type": entity_type, "entity_key": key, "entity_data": data}

    @staticmethod
    def deleting(entity_type: str, key: Any) -> dict[str, Any]:
        return {"action": "delete", "entity_type": entity_type, "entity_key": key}

    def __init__(self, connection: sqlite3.Connection, tables: Tables) -> None:
        self.tables = tables
        self.engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=sa.StaticPool)
        self.moment = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.timezone.utc)
        self.application = Application(self.engine, tables, datamodel.load().schemas, lambda: self.moment)
        self.statements: list[str] = []
        sa.event.listen(self.engine, "before_cursor_execute", lambda *given: self.statements.append(given[2]))

    def post(self, body: bytes, **headers: str) -> tuple[int, Any]:
        """Send a raw request and return the HTTP status and the decoded answer."""
        given = {"ftrack-user": self.user, "ftrack-api-key": self.key}
        given.update({name.replace("_", "-"): value for name, value in headers.items()})
        status, content_type, answer = self.application.handle(given, body)
        assert content_type == "application/json"
        return status, json.loads(answer)

    def call(self, *operations: Mapping[str, Any], **headers: str) -> list[Any]:
        """Send a batch and return its answers, which must not be an error."""
        _, answers = self.post(json.dumps(operations).encode(), **headers)
        assert isinstance(answers, list), answers
        assert len(answers) == len(operations)
        return answers

    def refused(self, *operations: Mapping[str, Any]) -> tuple[str, str]:
        """Send a batch that must be refused, and return the server's name for the error and its text."""
        _, answer = self.post(json.dumps(operations).encode())
        assert isinstance(answer, dict), answer
        return answer["exception"], answer["content"]

    def create(self, entity_type: str, /, **data: Any) -> dict[str, Any]:
        """Create one entity and return what the server says of it."""
        return self.call(self.creating(entity_type, **data))[0]["data"]

    def update(self, entity_type: str, key: Any, /, **data: Any) -> dict[str, Any]:
        """Update one entity and return what the server says of it."""
        return self.call(self.updating(entity_type, key, **data))[0]["data"]

    def delete(self, entity_type: str, key: Any) -> Any:
        """Delete one entity and return the answer's data."""
        return self.call(self.deleting(entity_type, key))[0]["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the entities a query finds."""
        return self.call({"action": "query", "expression": expression})[0]["data"]

    def rows(self, entity_type: str) -> list[dict[str, Any]]:
        """Return all rows of the table that keeps an entity type, as they are stored."""
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(self.tables.table(entity_type).select()).mappings()]

    def produce(self) -> None:
        """Make project "P" with sequence "Q", shot "H", its tasks "T1" and "T2", and asset "A" with version "V"."""
        creating, ref = self.creating, self.ref
        self.call(
            creating("Project", id="P", name="film", project_schema=ref("ProjectSchema", "schema")),
            creating("Sequence", id="Q", name="sq010", parent=ref("Project", "P")),
            creating("Shot", id="H", name="sh010", parent=ref("Sequence", "Q")),
            creating("Task", id="T1", name="animation", parent=ref("Shot", "H"), type=ref("Type", "type-anim")),
            creating("Task", id="T2", name="lighting", parent=ref("Shot", "H"), type=ref("Type", "type-light")),
            creating("Asset", id="A", name="plate", parent=ref("Shot", "H"), type=ref("AssetType", "asset-type")),
            creating("AssetVersion", id="V", asset=ref("Asset", "A"), task=ref("Task", "T1")),
        )


#: What the studio is set up with: rows by entity type.
_SETUP: dict[str, list[dict[str, Any]]] = {
    "User": [{"id": Studio.user_id, "username": Studio.user, "is_active": True, "resource_type": "user"}],
    "UserType": [{"id": "ac9fa5aa-4361-11e0-b7cc-0019bb4983d8", "name": "default"}],
    "State": [{"id": "state", "name": "Not started", "short": "NOT_STARTED"}],
    "Status": [
        {"id": "status-late", "name": "Done", "sort": 9, "is_active": True, "state_id": "state"},
        {"id": "status-first", "name": "Not started", "sort": 1, "is_active": True, "state_id": "state"},
        {"id": "status-light", "name": "Waiting", "sort": 2, "is_active": True, "state_id": "state"},
        {"id": "status-shot", "name": "Shot in", "sort": 3, "is_active": True, "state_id": "state"},
        {"id": "status-version", "name": "Pending", "sort": 4, "is_active": True, "state_id": "state"},
    ],
    "WorkflowSchema": [{"id": "workflow-task"}, {"id": "workflow-light"}, {"id": "workflow-version"}],
    "WorkflowSchemaStatus": [
        {"workflow_schema_id": "workflow-task", "status_id": "status-late"},
        {"workflow_schema_id": "workflow-task", "status_id": "status-first"},
        {"workflow_schema_id": "workflow-light", "status_id": "status-light"},
        {"workflow_schema_id": "workflow-version", "status_id": "status-version"},
    ],
    "Type": [
        {"id": "type-light", "name": "Lighting", "sort": 2},
        {"id": "type-anim", "name": "Animation", "sort": 1},
        {"id": "type-shot", "name": "Full CG", "sort": 3},
    ],
    "TaskTypeSchema": [{"id": "task-types"}],
    "TaskTypeSchemaType": [
        {"task_type_schema_id": "task-types", "type_id": "type-light"},
        {"task_type_schema_id": "task-types", "type_id": "type-anim"},
    ],
    "ProjectSchema": [
        {
            "id": "schema",
            "name": "VFX",
            "task_workflow_schema_id": "workflow-task",
            "asset_version_workflow_schema_id": "workflow-version",
            "task_type_schema_id": "task-types",
        }
    ],
    "ProjectSchemaOverride": [
        {
            "id": "override",
            "project_schema_id": "schema",
            "type_id": "type-light",
            "workflow_schema_id": "workflow-light",
        }
    ],
    "ObjectType": [
        {"id": "11c137c0-ee7e-4f9c-91c5-8c77cec22b2c", "name": "Task"},
        {"id": "bad911de-3bd6-47b9-8b46-3476e237cb36", "name": "Shot"},
        {"id": "e5139355-61da-4c8f-9db4-3abc870166bc", "name": "Sequence"},
    ],
    "Schema": [
        {"id": "shots", "project_schema_id": "schema", "object_type_id": "bad911de-3bd6-47b9-8b46-3476e237cb36"},
    ],
    "SchemaStatus": [{"schema_id": "shots", "status_id": "status-shot", "sort": 0}],
    "SchemaType": [{"schema_id": "shots", "type_id": "type-shot", "sort": 0}],
    "Priority": [{"id": "9661b320-3a0c-11e2-81c1-0800200c9a66", "name": "None"}, {"id": "high", "name": "High"}],
    "AssetType": [{"id": "asset-type", "name": "Render", "short": "render"}],
    "ListCategory": [{"id": "category", "name": "Dailies"}],
    "Scope": [{"id": "scope-1", "name": "Episodic"}, {"id": "scope-2", "name": "Feature"}],
    "Location": [{"id": "3a372bde-05bc-11e4-8908-20c9d081909b", "name": "ftrack.server"}],
    "CustomAttributeType": [
        {"id": f"type-{name}", "name": name}
        for name in ("text", "number", "boolean", "date", "enumerator", "dynamic enumerator", "expression", "url")
    ],
}


@pytest.fixture(scope="session")
def ftrack_tables() -> Tables:
    """The tables of ftrack's own data model."""
    model = datamodel.load()
    return Tables(Schema.from_answer(model.schemas), model.relations)


@pytest.fixture(scope="session")
def studio_database(ftrack_tables: Tables) -> Iterator[sqlite3.Connection]:
    """A database with the studio's setup, which every test gets a copy of."""
    tables = ftrack_tables
    raw = sqlite3.connect(":memory:", check_same_thread=False)
    engine = sa.create_engine("sqlite://", creator=lambda: raw, poolclass=sa.StaticPool)
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        credentials.create_table(connection)
        for entity_type, rows in _SETUP.items():
            for row in rows:
                connection.execute(tables.table(entity_type).insert(), {ENTITY_TYPE: entity_type, **row})
        credentials.grant_api_key(connection, tables, Studio.user, Studio.key)
    yield raw
    raw.close()


@pytest.fixture
def studio(studio_database: sqlite3.Connection, ftrack_tables: Tables) -> Iterator[Studio]:
    """A small studio's server with nothing produced yet."""
    raw = sqlite3.connect(":memory:", check_same_thread=False)
    studio_database.backup(raw)
    found = Studio(raw, ftrack_tables)
    yield found
    found.application.close()
    raw.close()


@pytest.fixture
def production(studio: Studio) -> Studio:
    """A small studio's server with one production: see `Studio.produce`."""
    studio.produce()
    return studio
