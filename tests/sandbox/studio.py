"""A server without sockets, on ftrack's own data model: the application of a small studio."""

from __future__ import annotations

import datetime
import json
import sqlite3
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from ftrack_orm.sandbox import credentials, datamodel
from ftrack_orm.sandbox.application import Application
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables


class Studio:
    """An application with the configuration of a small studio, and the requests that tests send to it."""

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
        sa.event.listen(self.engine, "before_cursor_execute", lambda *arguments: self.statements.append(arguments[2]))

    def post(self, body: bytes, **headers: str) -> tuple[int, Any]:
        """Send a raw request and return the HTTP status and the decoded response."""
        all_headers = {"ftrack-user": self.user, "ftrack-api-key": self.key}
        all_headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        status, content_type, response = self.application.handle("POST", "/api", all_headers, body)
        assert content_type == "application/json"
        return status, json.loads(response)

    def call(self, *operations: Mapping[str, Any], **headers: str) -> list[Any]:
        """Send a batch and return its replies; the response must not be an error."""
        _, replies = self.post(json.dumps(operations).encode(), **headers)
        assert isinstance(replies, list), replies
        assert len(replies) == len(operations)
        return replies

    def refused(self, *operations: Mapping[str, Any]) -> tuple[str, str]:
        """Send a batch that must fail, and return the server's name of the error and its text."""
        _, error = self.post(json.dumps(operations).encode())
        assert isinstance(error, dict), error
        return error["exception"], error["content"]

    def create(self, entity_type: str, /, **data: Any) -> dict[str, Any]:
        """Create one entity and return the data of the reply."""
        created: dict[str, Any] = self.call(self.creating(entity_type, **data))[0]["data"]
        return created

    def update(self, entity_type: str, key: Any, /, **data: Any) -> dict[str, Any]:
        """Update one entity and return the data of the reply."""
        updated: dict[str, Any] = self.call(self.updating(entity_type, key, **data))[0]["data"]
        return updated

    def delete(self, entity_type: str, key: Any) -> Any:
        """Delete one entity and return the data of the reply."""
        return self.call(self.deleting(entity_type, key))[0]["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the entities a query finds."""
        entities: list[dict[str, Any]] = self.call({"action": "query", "expression": expression})[0]["data"]
        return entities

    def rows(self, entity_type: str) -> list[dict[str, Any]]:
        """Return all rows of the table that holds an entity type, as they are stored."""
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(self.tables.table(entity_type).select()).mappings()]

    def produce(self) -> None:
        """Create project "P" with sequence "Q", shot "H", its tasks "T1" and "T2", and asset "A" with version "V"."""
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


#: The studio's configuration: rows by entity type.
_CONFIGURATION: dict[str, list[dict[str, Any]]] = {
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


def create_studio_database(connection: sqlite3.Connection, tables: Tables) -> None:
    """Create the tables, the studio's configuration and its user in an empty database."""
    engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=sa.StaticPool)
    with engine.begin() as transaction:
        tables.metadata.create_all(transaction)
        credentials.create_tables(transaction)
        for entity_type, rows in _CONFIGURATION.items():
            for row in rows:
                transaction.execute(tables.table(entity_type).insert(), {ENTITY_TYPE: entity_type, **row})
        credentials.grant_api_key(transaction, tables, Studio.user, Studio.key)
