"""Criteria and queries decided on plain mappings, references and entities that are loaded in part."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm.errors import NotFetched, QueryError, UnknownAttribute
from ftrack_orm.query.evaluation.evaluator import evaluate, matches, predicate, selected_values
from ftrack_orm.query.expressions.attributes import attr
from ftrack_orm.query.language.nodes import Comparison, Not, Operator, Path, Select
from ftrack_orm.query.language.parser import parse, parse_criterion
from ftrack_orm.schema.model import Schema
from ftrack_orm.values import Reference


class Loaded:
    """An entity as the query room knows it: loaded values in its `__dict__`, and a reference."""

    def __init__(self, entity_type: str, id_: str, **values: Any) -> None:
        self.__dict__.update(values)
        object.__setattr__(self, "_Loaded__key", (entity_type, id_))

    def __reference__(self) -> Reference:
        entity_type, id_ = self.__key  # type: ignore[attr-defined]  # set in __init__, beside the values
        return Reference(entity_type, (("id", id_),))


def task(**values: Any) -> dict[str, Any]:
    return {"__entity_type__": "Task", "id": "t", **values}


def holds(text: str, entity: Any, schema: Schema | None = None, **options: Any) -> bool:
    return matches(parse_criterion(text), entity, schema, **options)


# -- single values ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('name is "COMP"', {"name": "comp"}),
        ('name is_not "anim"', {"name": "Comp"}),
        ('name < "b"', {"name": "A"}),
        ("name is 5", {"name": "5"}),
        ('name like "c%P"', {"name": "Comp"}),
        ('name like "%"', {"name": ""}),
        ('name like "100\\\\%"', {"name": "100%"}),
        ('name like "a\\\\\\\\b%"', {"name": "a\\bc"}),
        ('name not_like "a_b"', {"name": "axb"}),
        ('name like "a%a"', {"name": "aba"}),
        ('name not_like "a%a"', {"name": "a"}),
        ('name in ("x", "COMP")', {"name": "comp"}),
        ('name not_in ("x", none)', {"name": "comp"}),
        ("name in (none)", {"name": None}),
        ("name not_in ()", {"name": None}),
        ('id is "t"', {}),
        ('id is_not "T"', {}),
        ('bid is "5"', {"bid": 5.0}),
        ("bid >= 2.5 and bid < 3", {"bid": 2.5}),
        ("end_date is 2024-05-01", {"end_date": "2024-05-01T23:59:59"}),
        ("end_date > 2024-05-01", {"end_date": "2024-05-01T00:00:01"}),
        ("end_date in (2024-05-01)", {"end_date": datetime.datetime(2024, 5, 1, 9, tzinfo=datetime.timezone.utc)}),
        ('end_date is "2024-05-01T12:00:00+02:00"', {"end_date": "2024-05-01T10:00:00"}),
        ('end_date is "2024-05-01T10:00:00Z"', {"end_date": "2024-05-01T10:00:00"}),
        ("end_date is_not none", {"end_date": "2024-05-01T10:00:00"}),
    ],
)
def test_a_condition_holds_by_the_type_the_schema_gives_the_value(
    text: str, values: dict[str, Any], schema: Schema
) -> None:
    assert holds(text, task(**values), schema)
    assert not holds(f"not ({text})", task(**values), schema)


@pytest.mark.parametrize("text", ['name is "x"', 'name is_not "x"', 'name like "%"', 'name in ("x")', "bid < 1"])
def test_a_missing_value_is_found_neither_by_a_comparison_nor_by_its_negation(text: str, schema: Schema) -> None:
    nothing = task(name=None, bid=None)
    assert not holds(text, nothing, schema)
    assert not holds(f"not ({text})", nothing, schema)
    assert holds(f"name is none and bid is none or {text}", nothing, schema)
    assert not holds(f'{text} and id is "other"', nothing, schema)
    assert holds(f'not ({text} and id is "other")', nothing, schema)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('bid is "many"', "bid is a number, and was compared with 'many'"),
        ('end_date is "soon"', "end_date is a datetime, and was compared with 'soon'"),
        ('end_date is "9999-12-31"', "end_date is a datetime"),
        ("name < none", "name < none makes no sense"),
        ("thumbnail_url is 5", "holds objects"),
        ("children is 5", "children any"),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, message: str, schema: Schema) -> None:
    with pytest.raises(QueryError, match=message):
        predicate(parse_criterion(text), schema, entity_type="Task")


def test_booleans_have_no_order_and_take_every_spelling(schema: Schema) -> None:
    status = {"__entity_type__": "Status", "id": "s", "is_active": True}
    assert holds('is_active is true and is_active is "1" and is_active in (True)', status, schema)
    with pytest.raises(QueryError, match="no order"):
        holds("is_active > false", status, schema)
    with pytest.raises(QueryError, match="true or false"):
        holds("is_active is 7", status, schema)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('value is "5"', 5),
        ("value is 5", "5"),
        ("value is true", True),
        ('value is_not "true"', True),
        ('value is "B"', ["a", "b"]),
        ('value is_not "c"', ["a", "b"]),
        ('value like "B%"', ["a", "bc"]),
        ("value is 2024-05-01", datetime.datetime(2024, 5, 1, 9, tzinfo=datetime.timezone.utc)),
        ("value > 10", 11),
        ('value not_in ("a", 7)', 8),
    ],
)
def test_a_value_of_any_type_compares_by_what_it_is(text: str, value: Any, schema: Schema) -> None:
    held = {"__entity_type__": "ContextCustomAttributeValue", "key": "x", "value": value}
    assert holds(text, held, schema)
    assert not holds(f"not ({text})", held, schema)
    assert not holds(text, {**held, "value": None}, schema)
    assert not holds(f"not ({text})", {**held, "value": None}, schema)


# -- relations ----------------------------------------------------------------------------------------------------

FAMILY = task(
    status={"__entity_type__": "Status", "id": "done", "name": "Done"},
    parent={"__entity_type__": "Shot", "id": "sh", "name": "sh010", "bid": 3},
    children=[
        {"__entity_type__": "Shot", "id": "a", "name": "one", "bid": 1},
        {"__entity_type__": "Project", "id": "b", "name": "two"},
    ],
    metadata=[{"key": "kind", "value": "hero"}],
    assignments=[],
)


@pytest.mark.parametrize(
    "text",
    [
        'status is "done" and status.name is "done"',
        "status has () and not assignments any ()",
        'not assignments.resource.username is "x"',
        "parent[Shot] has (bid is 3) and not parent[Project] has () and parent[Project].name is none",
        "parent[Shot].bid is 3 and parent.bid is 3",
        'children.name is "one" and children.name is "two"',
        'not children any (name is "one" and name is "two")',
        'children[Project].name is "two" and not children[Project].name is "one"',
        "children.bid is none and children.bid is 1",
        'metadata any (key is "kind" and value is "HERO")',
    ],
)
def test_relations_are_followed_as_a_server_follows_them(text: str, schema: Schema) -> None:
    assert holds(text, FAMILY, schema)


def test_a_name_that_means_another_thing_for_a_subtype_is_nothing_for_it(schema: Schema) -> None:
    """`children` are contexts, of which only typed ones have a `status`."""
    child = {"__entity_type__": "Project", "id": "p", "status": "active"}
    assert holds("children.status is none", task(children=[child]), schema)


def test_entities_are_read_as_far_as_they_are_loaded_and_no_further(schema: Schema) -> None:
    status = Loaded("Status", "done")
    entity = Loaded("Task", "t1", name="comp", status=status, metadata={"kind": "hero"})
    assert holds('id is "t1" and status is "done" and status.id is "done"', entity, schema)
    assert holds('metadata any (key is "kind" and value is "hero") and metadata.key is "kind"', entity, schema)
    assert holds('metadata.value is "hero"', entity)
    with pytest.raises(NotFetched, match=r"'name' of .* is not loaded") as caught:
        holds('status.name is "Done"', entity, schema)
    assert (caught.value.details["entity_type"], caught.value.details["attribute"]) == ("Status", "name")


def test_what_decides_already_needs_nothing_more_loaded(schema: Schema) -> None:
    entity = Loaded("Task", "t1", name="comp")
    assert not holds('name is "x" and bid > 1', entity, schema)
    assert holds('name is "comp" or bid > 1', entity, schema)


def test_a_reference_knows_its_key_only(schema: Schema) -> None:
    assert holds('id is "t1"', Reference("Task", (("id", "t1"),)), schema)
    with pytest.raises(NotFetched):
        holds('name is "t1"', Reference("Task", (("id", "t1"),)), schema)


def test_values_are_read_by_whatever_reads_them(schema: Schema) -> None:
    assert matches(parse_criterion('name is "x"'), object(), read=lambda holder, name: {"name": "X"}[name])


def test_unknown_names_are_refused_before_anything_is_read(schema: Schema) -> None:
    with pytest.raises(UnknownAttribute, match="Did you mean 'name'"):
        holds("nane is none", task(), schema)


# -- without a schema: events --------------------------------------------------------------------------------------

EVENT = {
    "topic": "ftrack.update",
    "source": {"user": {"username": "jane", "id": "u1"}},
    "data": {"entities": [{"action": "add", "keys": ["name"]}, {"action": "update", "keys": None}], "count": 2},
}


@pytest.mark.parametrize(
    "text",
    [
        "topic=ftrack.update and source.user.username=Jane",
        "data.count > 1 and data.count is '2'",
        'data.entities any (action is "add") and data.entities.action is "update"',
        'data.entities.keys is "name"',
        "not (nothing is none)",
        "not (topic.deeper is 'x') and not (nothing.deeper is 'x') and not nothing has ()",
    ],
)
def test_on_nested_mappings_what_is_missing_makes_a_condition_false(text: str) -> None:
    assert holds(text, EVENT, missing="false")


def test_without_leave_a_missing_key_is_refused() -> None:
    with pytest.raises(NotFetched):
        holds("source.host is x", EVENT)


def test_a_cast_needs_to_know_the_types() -> None:
    with pytest.raises(QueryError, match="does not say its type"):
        holds("parent[Shot].name is x", {"parent": {"name": "x"}})
    with pytest.raises(QueryError, match="it is a Task"):
        holds("parent[Shot].name is x", {"parent": {"__entity_type__": "Task", "name": "x"}})


# -- whole queries ------------------------------------------------------------------------------------------------

ROWS: list[dict[str, Any]] = [
    {"__entity_type__": "Shot", "id": "1", "name": "b", "bid": 2, "status": None},
    {"__entity_type__": "Task", "id": "2", "name": "A", "bid": None, "status": {"id": "s", "name": "Done"}},
    {"__entity_type__": "Project", "id": "3", "name": "c"},
    {"__entity_type__": "Task", "id": "4", "name": "a", "bid": 1, "status": {"id": "s", "name": "done"}},
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Context", "1234"),
        ("TypedContext", "124"),
        ("Task where bid is none", "2"),
        ("Context order by name", "2413"),
        ("Context order by name desc", "3124"),
        ("TypedContext order by bid", "241"),
        ("TypedContext order by status.name desc, bid desc", "421"),
        ("TypedContext order by name limit 2", "24"),
        ("TypedContext order by name offset 2 limit 5", "1"),
        ("TypedContext limit 0", ""),
    ],
)
def test_a_query_finds_filters_orders_and_cuts(text: str, expected: str, schema: Schema) -> None:
    assert "".join(row["id"] for row in evaluate(parse(text), ROWS, schema)) == expected


def test_groups_are_left_to_the_server(schema: Schema) -> None:
    with pytest.raises(QueryError, match="group by"):
        evaluate(parse("select count(id) from Task group by name"), ROWS, schema)


def test_a_subquery_needs_somebody_to_resolve_it(schema: Schema) -> None:
    criterion = parse_criterion("name in (select name from Task where bid is 1)")
    with pytest.raises(QueryError, match="resolve_subquery"):
        matches(criterion, ROWS[1], schema)

    def resolve(select: Select) -> list[Any]:
        return selected_values(select, ROWS, schema)

    found = evaluate(Select("Task", criterion=criterion), ROWS, schema, resolve_subquery=resolve)
    assert [row["id"] for row in found] == ["2", "4"]


def test_missing_values_among_the_selected_make_no_difference(schema: Schema) -> None:
    options = {"resolve_subquery": lambda select: [None, 2]}
    assert holds("bid not_in (select bid from Task)", task(bid=3), schema, **options)
    assert not holds("bid not_in (select bid from Task)", task(bid=None), schema, **options)
    assert holds("bid not_in (select bid from Task)", task(bid=None), schema, resolve_subquery=lambda select: [])


def test_the_texts_that_builders_escape_match_just_themselves() -> None:
    for text in ("100%", "back\\slash", "50\\%", "\\", "%", "a_b"):
        for criterion in (attr("name").startswith(text), attr("name").contains(text), attr("name").endswith(text)):
            assert matches(criterion.node, {"name": text})
            assert not matches(criterion.node, {"name": text.replace("%", "x").replace("\\", "/").replace("_", "x")})


def test_a_criterion_deeper_than_pythons_stack_is_refused() -> None:
    criterion: Any = Comparison(Path.of("name"), Operator.IS, "x")
    for _ in range(100_000):
        criterion = Not(criterion)
    with pytest.raises(QueryError, match="nested too deeply"):
        matches(criterion, {"name": "x"})
