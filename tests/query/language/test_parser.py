from __future__ import annotations

import sys
from typing import Any

import pytest

from ftrack_orm.errors import QueryError
from ftrack_orm.query.language.compiler import compile_criterion, compile_select
from ftrack_orm.query.language.nodes import (
    Aggregate,
    And,
    Comparison,
    Function,
    Membership,
    Not,
    Operator,
    Or,
    Ordering,
    Path,
    Quantifier,
    Related,
    Select,
    Step,
)
from ftrack_orm.query.language.parser import (
    parse,
    parse_criterion,
    parse_orderings,
    parse_path,
    parse_projections,
)
from ftrack_orm.query.language.token_stream import MAXIMUM_NESTING


def value_of(text: str) -> Any:
    criterion = parse_criterion(f"a is {text}")
    assert isinstance(criterion, Comparison)
    return criterion.value


# -- forms in the documentation and tests of public clients, with their normal form ----------------------------------


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Task", "Task"),
        ("User limit 10", "User limit 10"),
        ("select id, name from Task", "select id, name from Task"),
        ("Task where name is compositing", 'Task where name is "compositing"'),
        ("User where username is jane@studio.com", 'User where username is "jane@studio.com"'),
        ("Project where status is_not 'hidden'", 'Project where status is_not "hidden"'),
        ("Task where parent.name like 'sh%' limit 2 offset 4", 'Task where parent.name like "sh%" offset 4 limit 2'),
        ("Task where bid > 0  order by id offset 0 limit 1", "Task where bid > 0 order by id offset 0 limit 1"),
        ("Task where bid > 0 limit 1 order by id desc", "Task where bid > 0 order by id descending limit 1"),
        ("Task order by priority.sort, name ascending", "Task order by priority.sort, name"),
        (
            "select count(id) from Task group by project_id, status_id",
            "select count(id) from Task group by project_id, status_id",
        ),
        (
            "AssetVersion where asset_id is_not none",
            "AssetVersion where asset_id is_not none",
        ),
        (
            "select name from TypedContext where parent[TypedContext] has (name is x)",
            'select name from TypedContext where parent[TypedContext] has (name is "x")',
        ),
        (
            "select from.name from TypedContextLink where to.name = x",
            'select from.name from TypedContextLink where to.name is "x"',
        ),
        (
            'Context where (configuration_id is "x"and entity_id is "y")',
            'Context where configuration_id is "x" and entity_id is "y"',
        ),
        ("Shot where id={a}", 'Shot where id is "{a}"'),
        ("Note where date>'2018-05-25'", 'Note where date > "2018-05-25"'),
        ("Task where not timelogs any ()", "Task where not timelogs any ()"),
        (
            "Note where in_reply_to_id is none and not in_reply_to has ()",
            "Note where in_reply_to_id is none and not in_reply_to has ()",
        ),
        (
            "Task where metadata any (key=k and value=v)",
            'Task where metadata any (key is "k" and value is "v")',
        ),
        (
            "Task where parent_id in (select id from Shot where name in (a,b , 'c d'))",
            'Task where parent_id in (select id from Shot where name in ("a", "b", "c d"))',
        ),
        ('Task where id in ("")', 'Task where id in ("")'),
        ("Task where id not_in ()", "Task where id not_in ()"),
        (
            "SELECT name FROM Task WHERE a IS 1 AND NOT (b = 2 OR c = 3) ORDER BY name DESC LIMIT 1",
            "select name from Task where a is 1 and not (b is 2 or c is 3) order by name descending limit 1",
        ),
    ],
)
def test_forms_that_public_clients_send_are_parsed(text: str, normal: str) -> None:
    assert compile_select(parse(text)) == normal


@pytest.mark.parametrize(
    ("spellings", "operator"),
    [
        (("=", "is", "IS"), Operator.IS),
        (("!=", "is_not"), Operator.IS_NOT),
        ((">", "after", "greater_than"), Operator.GREATER),
        (("<", "before", "less_than"), Operator.LESS),
        ((">=",), Operator.GREATER_OR_EQUAL),
        (("<=",), Operator.LESS_OR_EQUAL),
        (("like", "LIKE"), Operator.LIKE),
        (("not_like",), Operator.NOT_LIKE),
    ],
)
def test_every_spelling_of_an_operator_is_known(spellings: tuple[str, ...], operator: Operator) -> None:
    for spelling in spellings:
        assert parse_criterion(f'a {spelling} "x"') == Comparison(Path.of("a"), operator, "x")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-3", -3),
        ("3.50", 3.5),
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("none", None),
        ("None", None),
        ("null", None),
        ('"none"', "none"),
        ("'3'", "3"),
        ("0010", "0010"),
        ("1e5", "1e5"),
        ("2018-05-25", "2018-05-25"),
        ("v001", "v001"),
        ("not", "not"),
        ("and", "and"),
        ("٣", "٣"),
        ("9" * 400 + ".0", "9" * 400 + ".0"),
    ],
)
def test_bare_values_have_the_type_of_their_form(text: str, value: Any) -> None:
    parsed = value_of(text)
    assert (type(parsed), parsed) == (type(value), value)


def test_and_binds_tighter_than_or() -> None:
    a, b, c = (Comparison(Path.of(name), Operator.IS, 1) for name in "abc")
    assert parse_criterion("a is 1 or b is 1 and c is 1") == Or((a, And((b, c))))
    assert parse_criterion("(a is 1 or b is 1) and c is 1") == And((Or((a, b)), c))
    assert parse_criterion("not (a is 1) and b is 1") == And((Not(a), b))


def test_redundant_parentheses_disappear() -> None:
    a, b, c = (Comparison(Path.of(name), Operator.IS, 1) for name in "abc")
    assert parse_criterion("((a is 1) and ((b is 1 and c is 1)))") == And((a, b, c))


@pytest.mark.parametrize("name", ["from", "to", "date", "any", "has", "is", "in", "and", "or", "select", "desc"])
def test_attributes_may_be_called_like_keywords(name: str) -> None:
    path = Path.of(name)
    select = parse(f"select {name}, {name}.x from T where {name} is 1 and {name} any ({name}=2) order by {name} desc")
    assert select == Select(
        "T",
        (path, Path.of(name, "x")),
        And(
            (
                Comparison(path, Operator.IS, 1),
                Related(path, Quantifier.ANY, Comparison(path, Operator.IS, 2)),
            )
        ),
        order_by=(Ordering(path, descending=True),),
    )


def test_aggregates_and_attributes_may_have_the_same_name() -> None:
    assert parse_projections("count (id), count, sum(bid)") == (
        Aggregate(Function.COUNT, Path.of("id")),
        Path.of("count"),
        Aggregate(Function.SUM, Path.of("bid")),
    )


def test_the_parts_of_a_query_can_be_parsed_alone() -> None:
    assert parse_path(" parent[Shot].name ") == Path((Step("parent", "Shot"), Step("name")))
    assert parse_orderings("a desc, b") == (Ordering(Path.of("a"), True), Ordering(Path.of("b")))


def test_nodes_have_their_position_in_the_text() -> None:
    select = parse("select name from Task where a is 1 and bc is 2")
    assert select.position == 17
    assert isinstance(select.criterion, And)
    conditions = [operand for operand in select.criterion.operands if isinstance(operand, Comparison)]
    assert [condition.path.position for condition in conditions] == [28, 39]


def test_a_word_select_in_a_list_is_a_value() -> None:
    assert parse_criterion("a in (select, b)") == Membership(Path.of("a"), ("select", "b"))


# -- errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("", "Expected 'select' or an entity type, found the end of the text", 0),
        ("select name from", "Expected an entity type, found the end of the text", 16),
        ("select name, from Task", "Expected ',' or 'from', found 'Task'", 18),
        ("select na-me from Task", "Expected an attribute, found 'na-me'", 7),
        ("select count(id from Task", "Expected ')', found 'from'", 16),
        ("Task where", "Expected a condition, beginning with an attribute, '(' or 'not', found the end", 10),
        ("Task where name", "operator (is, is_not, <, <=, >, >=, like, not_like, in, not_in, has, any)", 15),
        ("Task where name is", "Expected a value, found the end of the text", 18),
        ("Task where name is a b", "found 'b'. A value of several words needs quotes around it.", 21),
        ('Task where name is "a" b', "Expected 'and', 'or', 'group by', 'order by', 'offset', 'limit' or the end", 23),
        ("Task where name is not x", "It is written is_not.", 19),
        ("Task where name not in (x)", "It is written not_in.", 16),
        ("Task where (a is 1", "Expected 'and', 'or' or ')', found the end of the text", 18),
        ("Task where a is 1)", "Expected the end of the text, found ')'", 17),
        ("Task where a in 1", "Expected '(' after 'in', found '1'", 16),
        ("Task where a in (1, )", "Expected a value, found ')'", 20),
        ("Task where a in (1 2)", "Expected ',' or ')', found '2'", 19),
        ("Task where a in (select b, c from T)", "Expected a subquery of one attribute, found 2", 17),
        ("Task where a in (select b from T", "Expected ')', found the end of the text", 32),
        ("Task where a any", "Expected '(' after 'any', found the end of the text", 16),
        ("Task where a any (b is 1", "Expected 'and', 'or' or ')', found the end", 24),
        ("Task limit many", "Expected a whole number after 'limit', found 'many'", 11),
        ("Task offset -1", "Expected a whole number after 'offset', found '-1'", 12),
        ("Task limit 1 limit 2", "Expected the clause 'limit' only once", 13),
        ("Task group id", "Expected 'by' after 'group', found 'id'", 11),
        ("Task order id", "Expected 'by' after 'order', found 'id'", 11),
        ("Task wher a is 1", "Expected 'where', 'group by', 'order by', 'offset', 'limit' or the end", 5),
        ('"Task" where a is 1', "Expected 'select' or an entity type, found the string 'Task'", 0),
        ("Task limit " + "9" * 5000, "thousands of digits", 11),
    ],
)
def test_errors_name_the_expected_and_the_actual_token_and_its_position(text: str, message: str, position: int) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert message in str(caught.value)
    assert caught.value.position == position
    assert str(caught.value).splitlines()[-1].strip() == "^"


# -- limits ---------------------------------------------------------------------------------------------------------


def test_a_list_of_ten_thousand_values_is_parsed() -> None:
    values = tuple(f"value-{number}" for number in range(10_000))
    criterion = Membership(Path.of("id"), values)
    assert parse_criterion(compile_criterion(criterion)) == criterion


def test_a_text_of_a_megabyte_is_parsed() -> None:
    criterion = Comparison(Path.of("name"), Operator.IS, '"\\' * 500_000)
    assert parse_criterion(compile_criterion(criterion)) == criterion


def test_a_chain_of_thousands_of_conditions_is_not_nested() -> None:
    criterion = parse_criterion(" or ".join(["a is 1"] * 5_000))
    assert isinstance(criterion, Or)
    assert len(criterion.operands) == 5_000


NESTINGS = [
    ("(", "a is 1", ")"),
    ("not ", "a has ()", ""),
    ("a any (", "a is 1", ")"),
    ("a in (select id from T where ", "a is 1", ")"),
]


@pytest.mark.parametrize(("opening", "middle", "closing"), NESTINGS)
def test_nesting_is_parsed_up_to_the_limit(opening: str, middle: str, closing: str) -> None:
    text = opening * MAXIMUM_NESTING + middle + closing * MAXIMUM_NESTING
    assert parse_criterion(compile_criterion(parse_criterion(text))) == parse_criterion(text)


@pytest.mark.parametrize("depth", [MAXIMUM_NESTING + 1, 500, 20_000])
@pytest.mark.parametrize(("opening", "middle", "closing"), NESTINGS)
def test_deeper_nesting_is_a_query_error(opening: str, middle: str, closing: str, depth: int) -> None:
    with pytest.raises(QueryError, match=f"may be nested {MAXIMUM_NESTING} deep") as caught:
        parse_criterion(opening * depth + middle + closing * depth)
    assert caught.value.position is not None


def test_nesting_too_deep_for_the_rest_of_the_stack_is_a_query_error() -> None:
    frames = 0
    frame = sys._getframe()
    while frame.f_back is not None:
        frames, frame = frames + 1, frame.f_back
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(frames + 60)
    try:
        with pytest.raises(QueryError, match="the rest of Python's stack"):
            parse_criterion("(" * MAXIMUM_NESTING + "a is 1" + ")" * MAXIMUM_NESTING)
    finally:
        sys.setrecursionlimit(limit)
