"""Databases with the rows of a seed."""

from __future__ import annotations

import datetime
from collections.abc import Collection

import sqlalchemy as sa

from ftrack_orm.sandbox import datamodel, seeds
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.schema import relations
from ftrack_orm.schema.model import Schema

NOW = datetime.datetime(2026, 3, 4, 12, 30, 45, 678, tzinfo=datetime.timezone.utc)

#: Tasks of a small demo.
SMALL = 400


def seeded_database(
    tables: Tables, name: str, tasks: int | None = None, *, now: datetime.datetime = NOW, user: str = "jane"
) -> sa.Connection:
    """Return a connection to a new database in memory with the rows of a seed."""
    connection = sa.create_engine("sqlite://").connect()
    tables.metadata.create_all(connection)
    seeds.seed(connection, tables, name, tasks=tasks, now=now, api_user=user)
    return connection


def entity_counts(connection: sa.Connection, tables: Tables) -> dict[str, int]:
    """Return the number of entities by type."""
    counts: dict[str, int] = {}
    for table in tables.metadata.sorted_tables:
        if ENTITY_TYPE in table.c:
            rows = connection.execute(sa.select(table.c[ENTITY_TYPE], sa.func.count()).group_by(table.c[ENTITY_TYPE]))
            counts.update(rows.all())
    return counts


def studio_tables(
    *, without: Collection[str] = (), attributes: Collection[str] = (), plus: dict[str, str] | None = None
) -> Tables:
    """Return the tables of ftrack's schema without some types and attributes, and with additional object types."""
    schemas = []
    for definition in datamodel.load().schemas:
        if definition["id"] not in without:
            properties = {name: details for name, details in definition["properties"].items() if name not in attributes}
            schemas.append({**definition, "properties": properties})
    (folder,) = [definition for definition in schemas if definition["id"] == "Folder"]
    for name, object_type in (plus or {}).items():
        alias = {**folder["alias_for"], "classifiers": {"object_typeid": object_type}}
        schemas.append({**folder, "id": name, "alias_for": alias})
    schema = Schema.from_response(schemas)
    return Tables(schema, relations.infer(schema, datamodel.load().relations))
