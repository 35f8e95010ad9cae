from __future__ import annotations

import pytest

from ftrack_orm.errors import QueryError, UnknownAttribute, UnknownEntityType, UsageError
from ftrack_orm.query.language.checks import check_criterion, check_select
from ftrack_orm.query.language.parser import parse, parse_criterion
from ftrack_orm.schema.model import Schema


@pytest.mark.parametrize(
    "text",
    [
        "Task",
        "select name, status.name, parent, metadata.key, children[Task].status.name from Task",
        "Task where parent[Shot].status.name is x and parent[TypedContext] has (status.name is y)",
        "Task where children.children.name is x or children any (parent has (metadata any (key is k)))",
        "Task where not (parent_id in (select id from Shot where bid > 3))",
        "Task where custom_attribute_links any (configuration_id is c and user.username is jane)",
        "select user from CustomAttributeLink",
        "Task where status is none and bid is '3' and name is 3",
        "select count(id), sum(bid), max(end_date), status_id from Task group by status_id, project.full_name",
        "Task order by status.sort descending, name",
        "select from.name from TypedContextLink where to.name is x",
    ],
)
def test_queries_of_existing_names_pass(text: str, schema: Schema) -> None:
    check_select(parse(text), schema)


@pytest.mark.parametrize(
    ("text", "kind", "message", "position_of"),
    [
        ("Tsk where a is 1", UnknownEntityType, "'Tsk'. Did you mean 'Task'?", "Tsk"),
        ("select nam from Task", UnknownAttribute, "Task has no attribute 'nam'. Did you mean 'name'?", "nam"),
        ("Task where status.nam is x", UnknownAttribute, "Status has no attribute 'nam'.", "status.nam"),
        ("Task where name.first is x", UnknownAttribute, "Task.name holds a value, not an entity", "name.first"),
        ("Task where a.b is 1 and c is 2", UnknownAttribute, "Task has no attribute 'a'", "a.b"),
        ("Task where parent[Shto].name is x", UnknownEntityType, "Did you mean 'Shot'", "parent[Shto]"),
        ("Task where parent[User].username is x", QueryError, "Context, which can never be a User", "parent"),
        ("Task where name[Shot].x is x", QueryError, "Task.name is not a relation", "name[Shot]"),
        ("Task where children has (name is x)", QueryError, "Task.children is a collection: use any", "children"),
        ("Task where parent any (name is x)", QueryError, "leads to one Context: use has", "parent any"),
        ("Task where name any ()", QueryError, "Task.name holds a value, so 'any' cannot be used", "name any"),
        ("Task where parent has (nam is x)", UnknownAttribute, "Context has no attribute 'nam'", "nam is"),
        ("Task where not (nam is x)", UnknownAttribute, "Task has no attribute 'nam'", "nam is"),
        ("Task where nam in (x)", UnknownAttribute, "Task has no attribute 'nam'", "nam in"),
        ("Task where id in (select nam from Shot)", UnknownAttribute, "Shot has no attribute 'nam'", "nam from"),
        ("Task where id in (select id from Shto)", UnknownEntityType, "Did you mean 'Shot'", "Shto"),
        ("select custom_attribute_links from Task", QueryError, "does not allow selecting it", "custom"),
        ("Task order by children.name", QueryError, "has many values for each entity, so order by", "children"),
        ("Task order by status", QueryError, "order by needs a value, such as status.name", "status"),
        ("select count(id) from Task group by children.name", QueryError, "so group by cannot use it", "children"),
        ("select count(id) from Task", QueryError, "count(id) needs a group by", "id"),
        ("select name from Task group by status_id", QueryError, "name is neither an aggregate nor a key", "name"),
        ("select sum(name) from Task group by id", QueryError, "Task.name is not a number; sum needs one", "name"),
        ("select count(status) from Task group by id", QueryError, "is a relation; count needs a value", "status"),
    ],
)
def test_invalid_queries_are_refused_at_the_position_of_the_mistake(
    text: str, kind: type[UsageError], message: str, position_of: str, schema: Schema
) -> None:
    with pytest.raises(kind) as caught:
        check_select(parse(text), schema)
    assert message in str(caught.value)
    assert caught.value.details["position"] == text.index(position_of)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bid is 'x'", "Task.bid is compared with a number"),
        ("parent has (name is 3)", "Context.name is compared with text"),
        ("name in (a, 3)", "Task.name is compared with text, not with 3"),
        ("status is 'Done'", "Task.status is a relation: compare it with a Status entity or None"),
        ("status > none", "Task.status is a relation and has no order"),
        ("children is none", r"use ~Task.children.any\(\) for an empty one"),
        ("parent in (select id from Shot)", "compare Task.parent.id with the ids that the subquery selects"),
    ],
)
def test_values_are_checked_on_request(text: str, message: str, schema: Schema) -> None:
    criterion = parse_criterion(text)
    check_criterion(criterion, "Task", schema)
    with pytest.raises(QueryError, match=message):
        check_criterion(criterion, "Task", schema, values=True)
