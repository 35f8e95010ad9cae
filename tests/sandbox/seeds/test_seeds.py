"""What holds for every seed: references lead somewhere, rules are kept, every run is the same, any schema will do."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from ftrack_orm.errors import SettingsError
from ftrack_orm.sandbox import datamodel, relations, seeds
from ftrack_orm.sandbox.relations import ForeignKey, HiddenKey, Inverse, Through
from ftrack_orm.sandbox.seeds import constants
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.sandbox.writing import constraints
from ftrack_orm.schema.attribute import Kind
from ftrack_orm.schema.model import Schema

NOW = datetime.datetime(2026, 3, 4, 12, 30, 45, 678, tzinfo=datetime.timezone.utc)
SMALL = 400

#: Required by the schema, and yet empty on real servers where the object type has no statuses or types.
MAY_LACK = {"status_id", "type_id", "priority_id"}


def planted(tables: Tables, name: str, tasks: int | None = None, now: datetime.datetime = NOW) -> sa.Connection:
    connection = sa.create_engine("sqlite://").connect()
    tables.metadata.create_all(connection)
    seeds.seed(connection, tables, name, tasks=tasks, now=now, api_user="jane")
    return connection


@pytest.fixture(scope="module", params=["empty", "demo"])
def seeded(request: pytest.FixtureRequest, ftrack_tables: Tables) -> Iterator[sa.Connection]:
    """Each seed in turn, the demo with few tasks."""
    connection = planted(ftrack_tables, request.param, SMALL if request.param == "demo" else None)
    yield connection
    connection.close()


def dump(connection: sa.Connection, tables: Tables) -> dict[str, list[tuple[object, ...]]]:
    return {
        table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
        for table in tables.metadata.sorted_tables
    }


def dangling(connection: sa.Connection, tables: Tables) -> list[str]:
    """Name every relation that has rows whose key leads to no row of the target, over all relations of a schema."""
    found = []
    owners: dict[sa.Column[object], set[sa.Table]] = {}
    for (name, relation), key in tables.relations.items():
        described = tables.schema.types.get(name)
        if described is None or relation not in described.attributes:
            continue
        target = described.attributes[relation].target
        if target not in tables.schema.types:
            continue
        if isinstance(key, Through):
            _, near, far = tables.link(key)
            owners.setdefault(near, set()).add(tables.table(name))
            owners.setdefault(far, set()).add(tables.table(target))
        elif isinstance(key, Inverse):
            column = tables.key_column(target, key)
            owners.setdefault(column, set()).add(tables.table(name))
        elif isinstance(key, (ForeignKey, HiddenKey)) and tables.view(name) is None:
            column = tables.key_column(name, key)
            table = column.table
            of_type = table.c[ENTITY_TYPE].in_(tables.concrete(name))
            if lost(connection, column, [tables.table(target)], of_type):
                found.append(f"{name}.{relation}")
    found.extend(str(column) for column, homes in owners.items() if lost(connection, column, list(homes)))
    return found


def lost(
    connection: sa.Connection, column: sa.Column[object], homes: list[sa.Table], *conditions: sa.ColumnElement[bool]
) -> bool:
    known = [
        sa.exists().where(home.alias().c[home.primary_key.columns[0].name] == column).correlate(column.table)
        for home in homes
    ]
    statement = sa.select(column).where(column.is_not(None), *conditions, *[~each for each in known]).limit(1)
    return connection.execute(statement).first() is not None


def test_every_reference_and_link_leads_to_a_row(seeded, ftrack_tables):
    assert dangling(seeded, ftrack_tables) == []


def test_the_check_of_references_sees_a_reference_that_leads_nowhere(ftrack_tables):
    connection = planted(ftrack_tables, "empty")
    table = ftrack_tables.table("Status")
    connection.execute(sa.update(table).where(table.c.name == "Approved").values(state_id="nowhere"))
    assert dangling(connection, ftrack_tables) == ["Status.state"]


def test_every_required_attribute_has_a_value(seeded, ftrack_tables):
    lacking = []
    for name, entity_type in ftrack_tables.schema.types.items():
        table = ftrack_tables.table(name)
        for attribute in entity_type.attributes.values():
            column = ftrack_tables.column(name, attribute.name) if attribute.kind is Kind.SCALAR else None
            if column is None or not attribute.required or attribute.name in MAY_LACK:
                continue
            statement = sa.select(table).where(column.is_(None), table.c[ENTITY_TYPE] == name).limit(1)
            if seeded.execute(statement).first():
                lacking.append(f"{name}.{attribute.name}")
    assert lacking == []


def test_what_the_server_keeps_unique_is_unique(seeded, ftrack_tables):
    for unique in constraints.UNIQUE_CONSTRAINTS:
        columns = [ftrack_tables.column(unique.entity_type, name) for name in unique.attributes]
        of_type = ftrack_tables.table(unique.entity_type).c[ENTITY_TYPE]
        statement = sa.select(*columns).where(of_type.in_(ftrack_tables.concrete(unique.entity_type)))
        statement = statement.group_by(*columns).having(sa.func.count() > 1)
        assert seeded.execute(statement).first() is None, unique


def test_rows_say_what_type_makes_them(seeded, ftrack_tables):
    for name, entity_type in ftrack_tables.schema.types.items():
        table = ftrack_tables.table(name)
        for attribute, value in entity_type.classifiers.items():
            column = ftrack_tables.column(name, attribute)
            found = set(seeded.execute(sa.select(column).where(table.c[ENTITY_TYPE] == name)).scalars())
            assert found <= {value}, name


def test_the_indexes_are_all_there_afterwards(seeded, ftrack_tables):
    inspector = sa.inspect(seeded)
    for table in ftrack_tables.metadata.sorted_tables:
        found = {index["name"] for index in inspector.get_indexes(table.name)}
        assert found == {index.name for index in table.indexes}


@pytest.mark.parametrize("name", seeds.NAMES)
def test_a_seed_is_the_same_on_every_run(name, ftrack_tables):
    tasks = SMALL if name == "demo" else None
    assert dump(planted(ftrack_tables, name, tasks), ftrack_tables) == dump(
        planted(ftrack_tables, name, tasks), ftrack_tables
    )


def test_the_ids_that_are_constant_across_servers_are_there(seeded, ftrack_tables):
    def ids(entity_type: str) -> set[str]:
        return set(seeded.execute(sa.select(ftrack_tables.table(entity_type).c.id)).scalars())

    # Spelled out, since tools in the wild have them spelled out too.
    assert ids("Location") == {
        "ce9b348f-8809-11e3-821c-20c9d081909b",
        "cb268ecc-8809-11e3-a7e2-20c9d081909b",
        "cd41be70-8809-11e3-b98a-20c9d081909b",
        "07b82a97-8cf9-11e3-9383-20c9d081909b",
        "3a372bde-05bc-11e4-8908-20c9d081909b",
    }
    assert {"11c137c0-ee7e-4f9c-91c5-8c77cec22b2c", "bad911de-3bd6-47b9-8b46-3476e237cb36"} < ids("ObjectType")
    assert set(constants.CUSTOM_ATTRIBUTE_TYPES.values()) == ids("CustomAttributeType")
    assert "ac9fa5aa-4361-11e0-b7cc-0019bb4983d8" in ids("UserType")


def test_whatever_id_the_schema_gives_new_entities_exists(seeded, ftrack_tables):
    for name, entity_type in ftrack_tables.schema.types.items():
        for attribute in entity_type.attributes.values():
            if attribute.foreign_key and attribute.default and not attribute.has_generated_default:
                table = ftrack_tables.table(attribute.foreign_key.split(".")[0])
                statement = sa.select(table.c.id).where(table.c.id == attribute.default)
                assert seeded.execute(statement).first(), f"{name}.{attribute.name}"


def test_the_api_user_is_an_active_administrator(seeded, ftrack_tables):
    user, link, role = (ftrack_tables.table(name) for name in ("User", "UserSecurityRole", "SecurityRole"))
    statement = (
        sa.select(user.c.username, user.c.is_active)
        .join(link, link.c.user_id == user.c.id)
        .join(role, role.c.id == link.c.security_role_id)
        .where(role.c.name == "Administrator", ftrack_tables.column("UserSecurityRole", "is_all_projects").is_(True))
    )
    assert seeded.execute(statement).all() == [("jane", True)]


def test_a_project_schema_has_workflows_types_and_object_types(seeded, ftrack_tables):
    def linked(entity_type: str, relation: str) -> dict[str, int]:
        key = ftrack_tables.relation(entity_type, relation)
        assert isinstance(key, Through)
        _, near, _ = ftrack_tables.link(key)
        return dict(seeded.execute(sa.select(near, sa.func.count()).group_by(near)).all())

    table = ftrack_tables.table("ProjectSchema")
    rows = seeded.execute(sa.select(table)).mappings().all()
    assert {row["name"] for row in rows} == {"VFX", "Animation"}
    statuses, types = linked("WorkflowSchema", "statuses"), linked("TaskTypeSchema", "types")
    for row in rows:
        assert statuses[row["task_workflow_schema_id"]] > statuses[row["asset_version_workflow_schema_id"]] > 0
        assert types[row["task_type_schema_id"]] > 10
        assert linked("ProjectSchema", "object_types")[row["id"]] == 7


def test_new_work_starts_as_not_started(seeded, ftrack_tables):
    status = ftrack_tables.table("Status")
    assert seeded.execute(sa.select(status.c.name).order_by(status.c.sort).limit(1)).scalar() == "Not started"


# -- what is refused ----------------------------------------------------------------------------------------------


def test_an_unknown_seed_is_refused_with_the_one_that_was_meant(ftrack_tables):
    with pytest.raises(SettingsError, match=r"no seed 'demos'.*Did you mean 'demo'\?"):
        planted(ftrack_tables, "demos")


def test_a_number_of_tasks_for_a_seed_without_tasks_is_refused(ftrack_tables):
    with pytest.raises(SettingsError, match="'empty' cannot be given a number"):
        planted(ftrack_tables, "empty", 10)


def test_a_negative_number_of_tasks_is_refused(ftrack_tables):
    with pytest.raises(SettingsError, match="-1 tasks"):
        planted(ftrack_tables, "demo", -1)


# -- a studio's own schema ----------------------------------------------------------------------------------------


def studio(*, without: set[str] = frozenset(), attributes: set[str] = frozenset(), plus: dict[str, str] | None = None):
    """The tables of ftrack's schema without some types and attributes, and with some more object types."""
    answer = []
    for described in datamodel.load().schemas:
        if described["id"] not in without:
            properties = {name: details for name, details in described["properties"].items() if name not in attributes}
            answer.append({**described, "properties": properties})
    (folder,) = [described for described in answer if described["id"] == "Folder"]
    for name, object_type in (plus or {}).items():
        alias = {**folder["alias_for"], "classifiers": {"object_typeid": object_type}}
        answer.append({**folder, "id": name, "alias_for": alias})
    schema = Schema.from_answer(answer)
    return Tables(schema, relations.infer(schema, datamodel.load().relations))


@pytest.mark.parametrize(
    "without",
    [
        {"Shot"},
        {"Sequence", "Episode", "AssetBuild", "Milestone"},
        {"Note", "Recipient", "Metadata", "Timelog", "Timer", "Job"},
        {"ReviewSession", "ReviewSessionObject", "ReviewSessionInvitee", "List", "TypedContextList", "ListObject"},
        {"CustomAttributeLinkConfiguration", "CustomAttributeGroup", "UserSecurityRole", "Setting", "Disk"},
    ],
    ids=lambda without: min(without),
)
def test_types_the_schema_lacks_are_left_out_and_nothing_dangles(without):
    tables = studio(without=without)
    connection = planted(tables, "demo", 120)
    assert dangling(connection, tables) == []
    context = tables.table("Context")
    count = sa.select(sa.func.count()).select_from(context).where(context.c[ENTITY_TYPE] == "Task")
    assert connection.execute(count).scalar() == 120


def test_attributes_the_schema_lacks_are_left_out():
    tables = studio(attributes={"description", "color", "bid", "comment", "custom_attributes", "is_active"})
    connection = planted(tables, "demo", 120)
    assert "bid" not in tables.table("Task").c
    assert dangling(connection, tables) == []


def test_the_object_types_of_a_studio_are_there_and_allowed_everywhere():
    tables = studio(plus={"ImagePlane": "0c0ffee0-0000-4000-a000-000000000001"})
    connection = planted(tables, "empty")
    object_type = tables.table("ObjectType")
    found = connection.execute(sa.select(object_type.c.id).where(object_type.c.name == "Image Plane")).scalar()
    assert found == "0c0ffee0-0000-4000-a000-000000000001"
    key = tables.relation("ProjectSchema", "object_types")
    assert isinstance(key, Through)
    _, near, far = tables.link(key)
    assert len(connection.execute(sa.select(near).where(far == found)).all()) == 2
