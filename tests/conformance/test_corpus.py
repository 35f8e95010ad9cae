"""Every form of expression that public clients send is parsed, compiled, checked and run."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from ftrack_orm.query.language.checks import check_select
from ftrack_orm.query.language.compiler import compile_select
from ftrack_orm.query.language.parser import parse
from ftrack_orm.sandbox import datamodel, seeds
from ftrack_orm.sandbox.reading.execution import run_query
from ftrack_orm.sandbox.reading.serialization import Serializer
from ftrack_orm.sandbox.tables import Tables
from ftrack_orm.schema.model import Schema

#: Expressions and the source of each form. PY is the official Python client with its documentation and tests, JS the
#: official JavaScript client, AY and OP are two pipelines, FQ, TR and SPARK other clients, REC ftrack's recipes.
CORPUS: list[tuple[str, str]] = [
    ("User", "a bare type"),
    ("User limit 10", "JS: limit without criteria"),
    ("Project", "PY: session.query('Project')"),
    ("select id, name from Project", "PY"),
    ("select name from Task limit 1", "PY"),
    ("Task offset 2 limit 1", "PY tests: slices"),
    ("select id from Task   offset 0 limit 500", "PY: every page, with runs of spaces"),
    ("select id from Task limit 500 offset 500", "AY: offset last"),
    ('select id from Task where name is "compositing"  order by id offset 0 limit 1', "TR through PY"),
    ("select id from Task limit 3 order by name", "TR: order after limit"),
    ('SELECT id FROM Task WHERE name IS "a" ORDER BY name DESC', "keywords in capitals"),
    ("select id,name\nfrom Task\nwhere\n  name is_not none", "line breaks"),
    ("Task where status.name is 'In Progress'", "PY: single quotes"),
    ("Project where status is active", "PY: bare word"),
    ('Project where status is "active" and name like "%a%"', "PY"),
    ("User where username is jenkins", "PY"),
    ('User where username="jane"', "REC: no spaces around ="),
    ("Task where id=11c137c0-ee7e-4f9c-91c5-8c77cec22b2c", "REC: bare uuid"),
    ("Task where (id={})", "AY: an empty replacement field"),
    ('Task where status.name != "Done"', "PY"),
    ('Task where name is_not "a"', "PY"),
    ("Task where bid > 0 and bid >= 1 and bid < 100000 and bid <= 1.5", "PY: numbers"),
    ("Task where bid greater_than 0 and bid less_than 8", "PY: operators in words"),
    ('Task where end_date after "2015-06-01"', "PY"),
    ("Task where end_date before 2016-01-01", "PY: bare date"),
    ('Note where date > "2017-02-08T10:00:00"', "PY"),
    ('Note where date is "2018-05-25"', "PY: a day"),
    ('Task where start_date >= "2016-01-01T00:00:00+00:00"', "PY: arrow"),
    ("AssetVersion where version in (1, 2,3)", "lists with and without spaces"),
    ("Task where name in (\"a\", 'b', c)", "mixed quoting in lists"),
    ('Task where status.name not_in ("Done")', "FQ"),
    ('Task where id in ("")', "FQ: an empty list in disguise"),
    ("Task where id in ()", "an empty list"),
    ('Task where name like "comp%"', "PY"),
    ('Task where name not_like "%comp%"', "PY"),
    ('Task where name like "100\\%"', "FQ: escaped percent sign"),
    ('Task where name is "say \\"x\\""', "FQ: escaped quotes"),
    ("Task where name is 'it\\'s'", "JS: expression tag"),
    ('Task where name is ""', "empty text"),
    ("User where is_active is true", "PY"),
    ("User where is_active = True", "REC: Python's spelling"),
    ("User where is_active is False", "REC"),
    ("AssetVersion where task_id != none", "PY"),
    ("AssetVersion where asset is_not None", "PY: a relation and None"),
    ("AssetVersion where task is none", "AY: a relation and none"),
    ("Task where parent.name is null", "null"),
    ('Task where project.name is "a" and (status.name is "Done" or bid is 0)', "PY: parentheses"),
    ('Task where not (name is "a" or name is "b")', "FQ"),
    ("Task where not timelogs any ()", "PY: negated any"),
    ("Note where in_reply_to has ()", "SPARK"),
    ('Note where parent_id is "x" and not in_reply_to has ()', "SPARK"),
    ('Task where assignments any (resource.username is "jane")', "PY: attribute of a subtype"),
    ('Task where assignments.resource.id is "x"', "PY: path over a collection"),
    ('Task where parent has (name is "sh010")', "PY"),
    ('Task where parent[TypedContext] has (status.name is "Done")', "nuke-studio: cast"),
    ('Shot where children[Task].status.name is "Done"', "cast over a collection"),
    ('Context where children any (name like "a%" and children any ())', "nested any"),
    ('Task where project.id is "x" and type.name in (Animation, Lighting)', "PY"),
    ('Project where descendants any (status.state.short is "DONE")', "PY"),
    ('Task where ancestors any (name is "sq010")', "PY"),
    ('Task where ancestors.id is "x"', "AY"),
    ('Task where timelogs.start >= "2015-06-01" and timelogs.start < "2015-06-02"', "PY"),
    ("Shot where metadata any (key = some_key and value = some_value)", "PY"),
    ("Task where metadata.key is kind", "PY"),
    ('Task where custom_attributes any (key is "fstart" and value is "1001")', "PY"),
    ('Task where custom_attributes.configuration.key is "fstart"', "PY"),
    ("Shot where custom_attributes any (key is fstart and value > 1001)", "numbers in custom attributes"),
    ('Context where custom_attribute_links any (configuration.key is "supervisor" and user.username is "x")', "PY"),
    ("User where custom_attribute_links_from any (context.bid > 1)", "PY"),
    ('select value, entity_id from CustomAttributeValue where configuration.key is "x"', "OP"),
    (
        'select value, entity_id from ContextCustomAttributeValue where entity_id in ("a", "b") '
        'and configuration_id in ("c")',
        "OP",
    ),
    ('ContextCustomAttributeValue where (configuration_id is "x"and entity_id is "y")', "PY: populate, no space"),
    ("Task where id in (select task_id from AssetVersion where comment is_not none)", "ftrack's blog: subquery"),
    ("Task where id not_in (select context_id from Timelog)", "FQ"),
    ('Task where parent.id in (select id from Shot where name like "sh%" limit 5)', "FQ"),
    ('select name from Task where name is "select name from Task offset 2 limit 1"', "PY: clauses inside text"),
    ("select name, parent.name, project.full_name, status.name, type.name from Task", "PY: projections"),
    ("select asset.versions.version from AssetVersion limit 2", "PY tests: collections and cycles"),
    ("select children.children.name, assignments.resource from Shot limit 2", "PY"),
    ("select metadata.key, metadata.value from Task", "PY"),
    ("select metadata, custom_attributes, notes, status from Task limit 3", "PY: ends on relations"),
    ("select component_locations.location_id from FileComponent limit 2", "PY"),
    ("select children[Task].status.name from Shot limit 2", "cast in a projection"),
    ("select link, ancestors.name from Task limit 2", "AY"),
    ("Task order by name", "PY"),
    ("Task order by priority.sort", "INT"),
    ("Task order by type.name descending, name ascending", "FQ"),
    ("AssetVersion where is_latest_version is true order by date desc", "SPARK"),
    ('AssetVersion where asset.parent.id is "x" and asset.name is "a" order by version desc limit 1', "PY"),
    ("FileComponent order by name, file_type, id", "SPARK: several keys"),
    ("select count(id) from Task group by project_id, status_id", "PY: group_by"),
    ("select sum(bid), min(bid), max(bid), avg(bid), project_id from Task group by project_id", "PY"),
    (
        "select count(id), status.name from Task where bid > 0 group by status.name order by status.name desc limit 2",
        "PY",
    ),
    ('ObjectType where name is "task"', "PY documentation: another case"),
    ('Component where version.asset.parent.id is "x"', "PY"),
    ('SequenceComponent where members any (name is "0001")', "PY"),
    ("Location where name is ftrack.server", "PY: a dot in a bare word"),
    ("User where email is jane.doe@example.com", "PY: an address"),
    ('TypedContextList where items any (id is "x")', "PY: lists"),
    ('List where project.id is "x" and owner.username is jane', "PY"),
    ('CalendarEvent where project_id is "x"', "PY: calendar events"),
    ('Event where action is "change.status.shot"', "PY: event log"),
    ("Setting where name is storage_scenario and group is STORAGE", "PY: an attribute called group"),
    ('TypedContextLink where from.name is "a" or to.id is "b"', "PY: attributes called from and to"),
    ('UserSecurityRole where security_role.name is "API"', "PY: security roles"),
    ('ReviewSessionObject where review_session.name is "a" and asset_version.asset.name is "b"', "PY"),
    ('Context where id in ("a") and context_type is task', "AY"),
]


@pytest.fixture(scope="module")
def schema() -> Schema:
    """The schema of ftrack's data model."""
    return Schema.from_response(datamodel.load().schemas)


@pytest.fixture(scope="module")
def run(schema: Schema) -> Iterator[Callable[[str], list[Any]]]:
    """Run an expression on the demo production and return the rows."""
    tables = Tables(schema, datamodel.load().relations)
    now = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.timezone.utc)
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        seeds.seed(connection, tables, "demo", tasks=60, now=now, api_user="jane")
        yield lambda text: run_query(connection, tables, parse(text), Serializer(), now).data
    engine.dispose()


def test_the_corpus_has_no_duplicates() -> None:
    assert len({text for text, _ in CORPUS}) == len(CORPUS) >= 60


@pytest.mark.parametrize("text", [text for text, _ in CORPUS])
def test_an_expression_is_parsed_compiled_and_checked(text: str, schema: Schema) -> None:
    select = parse(text)
    assert parse(compile_select(select)) == select
    check_select(select, schema)


@pytest.mark.parametrize("text", [text for text, _ in CORPUS])
def test_the_embedded_server_runs_an_expression(text: str, run: Callable[[str], list[Any]]) -> None:
    limit = parse(text).limit
    assert len(run(text)) <= (10_000 if limit is None else limit)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("User limit 10", "select id from User offset 0 limit 10"),
        ("select id from Task limit 3 order by name", "select id from Task order by name limit 3"),
        ("Task where not timelogs any ()", "Task where not (timelogs any ())"),
        ("User where is_active = True", "User where is_active is true"),
        ('ObjectType where name is "task"', 'ObjectType where name is "Task"'),
        ("Task where status is none", "Task where not status has ()"),
        (
            "Task where id in (select task_id from AssetVersion where task_id is_not none)",
            "Task where id in (select task.id from AssetVersion where task has ())",
        ),
    ],
)
def test_equivalent_expressions_have_the_same_results(one: str, other: str, run: Callable[[str], list[Any]]) -> None:
    assert [row["id"] for row in run(one)] == [row["id"] for row in run(other)]
