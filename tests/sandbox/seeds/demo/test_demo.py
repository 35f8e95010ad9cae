"""The demo seed: how much there is of everything, and that it is believable where queries would notice."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.query.language.parser import parse
from ftrack_orm.sandbox import seeds
from ftrack_orm.sandbox.reading.execution import run_query
from ftrack_orm.sandbox.reading.serialization import Serializer
from ftrack_orm.sandbox.seeds.demo import scale
from ftrack_orm.sandbox.seeds.demo.production import stand_in
from ftrack_orm.sandbox.seeds.demo.random_source import RandomSource
from ftrack_orm.sandbox.seeds.demo.scale import Scale
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.sandbox.writing import custom_attributes
from ftrack_orm.schema.model import Schema

NOW = datetime.datetime(2026, 3, 4, 12, 30, 45, tzinfo=datetime.timezone.utc)


def planted(tables: Tables, tasks: int | None, *, now: datetime.datetime = NOW, user: str = "jane") -> sa.Connection:
    connection = sa.create_engine("sqlite://").connect()
    tables.metadata.create_all(connection)
    seeds.seed(connection, tables, "demo", tasks=tasks, now=now, api_user=user)
    return connection


@pytest.fixture(scope="module")
def demo(ftrack_tables: Tables) -> Iterator[sa.Connection]:
    """The demo in its own size."""
    connection = planted(ftrack_tables, None)
    yield connection
    connection.close()


def counts(connection: sa.Connection, tables: Tables) -> dict[str, int]:
    found: dict[str, int] = {}
    for table in tables.metadata.sorted_tables:
        if ENTITY_TYPE in table.c:
            rows = connection.execute(sa.select(table.c[ENTITY_TYPE], sa.func.count()).group_by(table.c[ENTITY_TYPE]))
            found.update(rows.all())
    return found


def test_the_demo_has_the_size_it_promises(demo, ftrack_tables):
    found = counts(demo, ftrack_tables)
    exact = {name: found[name] for name in ("Project", "Sequence", "Shot", "Task", "User", "AssetVersion")}
    assert exact == {"Project": 3, "Sequence": 40, "Shot": 600, "Task": 5000, "User": 30, "AssetVersion": 3000}


def test_the_demo_has_some_of_everything_a_production_has(demo, ftrack_tables):
    found = counts(demo, ftrack_tables)
    least = {
        "Asset": 1500, "Appointment": 4000, "Note": 2000, "Recipient": 1000, "Metadata": 2000, "Timelog": 3000,
        "CustomAttributeValue": 5000, "CustomAttributeLink": 500, "TypedContextLink": 3000, "AssetVersionLink": 500,
        "FileComponent": 2000, "SequenceComponent": 500, "ComponentLocation": 3000, "TypedContextStatusChange": 3000,
        "TypedContextList": 3, "AssetVersionList": 3, "ListObject": 100, "ReviewSession": 3, "ReviewSessionObject": 30,
        "ReviewSessionInvitee": 6, "ReviewSessionObjectStatus": 10, "Group": 5, "Membership": 30, "Manager": 3,
        "CalendarEvent": 5, "Episode": 1, "AssetBuild": 50, "Folder": 3, "Milestone": 6, "Timer": 1, "Job": 1,
        "CustomAttributeLinkConfiguration": 2,
    }  # fmt: skip
    assert {name: found.get(name, 0) for name, count in least.items() if found.get(name, 0) < count} == {}


def test_every_context_is_in_the_closure_with_its_whole_path_up_to_a_project(demo, ftrack_tables):
    context, closure = ftrack_tables.table("Context"), ftrack_tables.closure
    parents = dict(demo.execute(sa.select(context.c.id, context.c.parent_id)).all())
    expected = set()
    for id_ in parents:
        above: str | None = id_
        depth = 0
        while above is not None:
            expected.add((above, id_, depth))
            above, depth = parents[above], depth + 1
    assert set(demo.execute(sa.select(closure)).all()) == expected


def test_a_task_belongs_to_the_project_at_the_root_of_its_path(demo, ftrack_tables):
    context, closure = ftrack_tables.table("Context"), ftrack_tables.closure
    root = context.alias()
    statement = (
        sa.select(sa.func.count())
        .select_from(context)
        .join(closure, closure.c.descendant_id == context.c.id)
        .join(root, root.c.id == closure.c.ancestor_id)
        .where(root.c.parent_id.is_(None), context.c.project_id != root.c.id)
    )
    assert demo.execute(statement).scalar() == 0


def test_versions_of_an_asset_are_numbered_from_one_without_gaps(demo, ftrack_tables):
    version = ftrack_tables.table("AssetVersion")
    first, last, count = sa.func.min(version.c.version), sa.func.max(version.c.version), sa.func.count()
    rows = demo.execute(sa.select(first, last, count).group_by(version.c.asset_id)).all()
    assert {row[0] for row in rows} == {1}
    assert all(last == count for _, last, count in rows)
    assert max(last for _, last, _ in rows) > 2


def test_statuses_fit_the_calendar(demo, ftrack_tables):
    context, status, timelog = (ftrack_tables.table(name) for name in ("Context", "Status", "Timelog"))
    names = dict(
        demo.execute(
            sa.select(status.c.name, sa.func.count())
            .join(context, context.c.status_id == status.c.id)
            .where(context.c[ENTITY_TYPE] == "Task")
            .group_by(status.c.name)
        ).all()
    )
    assert {"Not started", "Ready to start", "In progress", "Pending Review", "Revise", "Approved"} <= set(names)
    assert all(count > 30 for count in names.values())
    today = demo.execute(sa.select(sa.func.max(timelog.c.start))).scalar()
    waiting = sa.select(sa.func.min(context.c.start_date)).join(status, status.c.id == context.c.status_id)
    assert demo.execute(waiting.where(status.c.name == "Not started", context.c.start_date.is_not(None),
                                      context.c[ENTITY_TYPE] == "Task")).scalar() > today  # fmt: skip


def test_dates_are_text_as_columns_keep_it_and_ends_follow_starts(demo, ftrack_tables):
    context = ftrack_tables.table("Context")
    rows = demo.execute(
        sa.select(context.c.start_date, context.c.end_date).where(context.c.start_date.is_not(None))
    ).all()
    for start, end in rows:
        moments = [datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S") for text in (start, end)]
        assert moments[0] < moments[1]


def test_every_custom_attribute_value_is_one_the_server_would_take(demo, ftrack_tables):
    kind, configuration = ftrack_tables.table("CustomAttributeType"), ftrack_tables.table("CustomConfigurationBase")
    names = dict(demo.execute(sa.select(kind.c.id, kind.c.name)).all())
    configurations = {row["id"]: row for row in demo.execute(sa.select(configuration)).mappings()}
    used = set()
    for row in demo.execute(sa.select(ftrack_tables.table("CustomAttributeValue"))).mappings():
        described = configurations[row["configuration_id"]]
        type_name = names[described["type_id"]]
        assert custom_attributes.validate_value(described, type_name, row["value"]) == row["value"]
        used.add(type_name)
    assert used >= {"text", "number", "boolean", "date", "enumerator", "dynamic enumerator", "url"}
    assert {names[row["type_id"]] for row in configurations.values() if row["type_id"]} == set(names.values())


def test_custom_attributes_are_shown_by_the_query_that_works_out_which_apply(demo, ftrack_tables):
    text = 'select custom_attributes.key, custom_attributes.value from Shot where parent.parent.name is "demo" limit 1'
    (shot,) = run_query(demo, ftrack_tables, parse(text), Serializer(), NOW).data
    values = {item["key"]: item["value"] for item in shot["custom_attributes"]}
    assert values["fend"] > values["fstart"] == 1001
    assert values["duration"] == "{self.fend - self.fstart + 1}"
    assert "difficulty" not in values


# -- determinism ----------------------------------------------------------------------------------------------------


def test_only_what_goes_on_at_the_moment_depends_on_now(ftrack_tables):
    later = NOW + datetime.timedelta(days=100)
    one, other = planted(ftrack_tables, 60), planted(ftrack_tables, 60, now=later)
    different = {
        table.name
        for table in ftrack_tables.metadata.sorted_tables
        if one.execute(sa.select(table)).all() != other.execute(sa.select(table)).all()
    }
    assert different == {"Job", "Timer"}


def test_the_api_user_may_have_the_name_of_somebody_in_the_demo(ftrack_tables):
    connection = planted(ftrack_tables, 10, user="yuki.tanabe")
    resource = ftrack_tables.table("User")
    names = list(connection.execute(sa.select(resource.c.username).where(resource.c.username.is_not(None))).scalars())
    assert len(names) == len(set(names)) == 30


def test_chance_draws_the_same_for_the_same_seed_and_makes_ids_like_uuids():
    one, other, third = RandomSource(1), RandomSource(1), RandomSource(2)
    ids = [one.id() for _ in range(50)]
    assert ids == [other.id() for _ in range(50)]
    assert ids[0] != third.id()
    assert len(set(ids)) == 50
    assert all(len(id_) == 36 and id_[14] == "4" and id_.count("-") == 4 for id_ in ids)


# -- scale ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tasks", [0, 1, 2, 7, 43, 1000])
def test_the_demo_has_exactly_as_many_tasks_as_asked_for(tasks, ftrack_tables):
    found = counts(planted(ftrack_tables, tasks), ftrack_tables)
    assert found.get("Task", 0) == tasks
    assert found.get("AssetVersion", 0) == tasks * 3 // 5
    assert found["Project"] == 3


@given(st.integers(min_value=0, max_value=1_000_000))
def test_the_numbers_fit_together_at_every_scale(tasks):
    numbers = Scale.of(tasks)
    assert numbers.on_shots + numbers.on_sequences + numbers.on_builds == tasks
    assert numbers.on_sequences >= 0 <= numbers.on_builds
    # Every shot has something to do and no more kinds of work than there are.
    assert numbers.shots <= numbers.on_shots <= 10 * numbers.shots
    assert (numbers.sequences == 0) == (numbers.shots == 0)


@given(st.integers(min_value=0, max_value=10_000), st.integers(min_value=1, max_value=300))
def test_spreading_is_even_and_adds_up(total, places):
    shares = list(scale.spread(total, places))
    assert sum(shares) == total
    assert len(shares) == places
    assert max(shares) - min(shares) <= 1


@given(st.integers(min_value=0, max_value=10_000), st.lists(st.integers(min_value=1, max_value=9), min_size=1))
def test_splitting_by_weight_adds_up_and_is_near_proportion(total, weights):
    shares = scale.split(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - total * weight / sum(weights)) < 1


# -- schemas ----------------------------------------------------------------------------------------------------------


def bare(*names: str) -> Tables:
    """Tables of context types and nothing else."""
    answer = [
        {
            "id": name,
            "properties": {"id": {"type": "string", "default": "{uid}"}, "name": {"type": "string"}},
            "primary_key": ["id"],
            "alias_for": {"id": "Task", "classifiers": {"name": name}} if base else None,
            **({"$mixin": {"$ref": base}} if base else {}),
        }
        for name, _, base in (name.partition("<") for name in names)
    ]
    return Tables(Schema.from_answer(answer), {})


def test_a_type_the_schema_has_is_made_as_itself():
    assert stand_in(bare("Context", "TypedContext<Context", "Shot<TypedContext"), "Shot") == "Shot"


def test_another_container_stands_in_for_a_type_the_schema_lacks():
    tables = bare("Context", "TypedContext<Context", "Task<TypedContext", "Scene<TypedContext", "Folder<TypedContext")
    assert stand_in(tables, "Shot") == "Folder"
    tables = bare("Context", "TypedContext<Context", "Task<TypedContext", "Scene<TypedContext")
    assert stand_in(tables, "Shot") == "Scene"


def test_a_schema_without_containers_is_refused_by_name():
    with pytest.raises(SandboxUnsupported, match="Shot"):
        stand_in(bare("Context", "TypedContext<Context", "Task<TypedContext"), "Shot")


@pytest.mark.parametrize("lacking", ["Project", "Task"])
def test_a_schema_without_projects_or_tasks_cannot_have_the_demo(lacking):
    names = {"Project": "Project<Context", "Task": "Task<TypedContext"}
    tables = bare("Context", "TypedContext<Context", *(name for key, name in names.items() if key != lacking))
    with pytest.raises(SandboxUnsupported, match=lacking):
        planted(tables, 10)
