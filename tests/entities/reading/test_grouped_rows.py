"""Groups that are filtered, ordered and named here, because ftrack's language cannot."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_orm import Session, attr
from ftrack_orm.entities.reading.grouped_rows import plan_groups
from ftrack_orm.errors import ProtocolError
from ftrack_orm.query.builder import Query
from ftrack_orm.query.grouping import NO_GROUPS
from ftrack_orm.testing import requests_made
from tests.production import Production
from tests.property_settings import examples

TEXT = "select count(id), sum(bid) from Task group by status.name, name"


@pytest.fixture
def grouped() -> Query[Any]:
    return Query.from_text(TEXT)


def finished(query: Query[Any], *rows: dict[str, Any]) -> list[dict[str, Any]]:
    return plan_groups(query.node, query.groups or NO_GROUPS).finish(rows)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["Approved", "approved too", "Zoe"]),
        st.sampled_from("abc"),
        st.integers(0, 3),
        st.none() | st.integers(-2, 2),
    ),
    max_size=12,
    unique_by=lambda row: row[:2],
)
KEYS = {"status.name": 0, "name": 1, "count(id)": 2, "sum(bid)": 3}


@settings(max_examples=examples(40, 2_000))
@given(
    ROWS,
    st.lists(st.tuples(st.sampled_from(list(KEYS)), st.booleans()), unique_by=lambda key: key[0], max_size=4),
    st.integers(0, 4),
    st.none() | st.integers(0, 3),
    st.none() | st.integers(0, 2),
)
def test_groups_are_filtered_ordered_and_cut_as_one_sort_would(
    rows: list[tuple[Any, ...]],
    order: list[tuple[str, bool]],
    offset: int,
    limit: int | None,
    least: int | None,
) -> None:
    query: Query[Any] = Query.from_text(TEXT).offset(offset).limit(limit)
    for key, descending in order:
        query = query.order_by(f"{key} {'desc' if descending else 'asc'}")
    if least is not None:
        query = query.having(attr("id").count() >= least)

    def in_order(keys: list[tuple[str, bool]]) -> list[tuple[Any, ...]]:
        # The server breaks ties by the keys of the groups.
        result = sorted(rows, key=lambda row: row[:2])
        for key, descending in reversed(keys):
            result.sort(
                key=lambda row: (row[KEYS[key]] is not None, row[KEYS[key]] or 0) if KEYS[key] > 1 else row[KEYS[key]],
                reverse=descending,
            )
        return result

    on_the_server = in_order([(str(each.path), each.descending) for each in query.node.order_by])
    if not (query.groups or NO_GROUPS).is_evaluated_here:
        on_the_server = on_the_server[offset:][:limit]
    names = ["status.name", "name", "count_id", "sum_bid"]
    results = finished(query, *(dict(zip(names, row, strict=True)) for row in on_the_server))
    expected = [row for row in in_order(order) if least is None or row[2] >= least]
    expected_rows = expected[offset:] if limit is None else expected[offset : offset + limit]
    keys = [tuple(row[name] for name in names) for row in results]
    assert keys == expected_rows


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("count(id) > 3", "bc"),
        ("sum(bid) = none", "c"),
        ("sum(bid) is_not 10", "b"),  # a missing value is neither
        ("status.name is DONE", "ac"),
        ("not (count(id) > 3)", "a"),
        ("count(id) in (1, 4) and status.name like 'd%'", "ac"),
        ("name is b or count(id) < 2", "ab"),
    ],
)
def test_conditions_follow_the_rules_of_the_language(grouped: Query[Any], condition: str, kept: str) -> None:
    rows = [
        {"status.name": "Done", "name": "a", "count_id": 1, "sum_bid": 10},
        {"status.name": "Open", "name": "b", "count_id": 5, "sum_bid": 20},
        {"status.name": "Done", "name": "c", "count_id": 4, "sum_bid": None},
    ]
    assert "".join(row["name"] for row in finished(grouped.having(condition), *rows)) == kept


def test_a_row_without_a_column_is_an_error_of_the_server(grouped: Query[Any]) -> None:
    with pytest.raises(ProtocolError, match="a row of groups of Task without sum_bid"):
        finished(grouped.having("count(id) > 1"), {"status.name": "x", "name": "a", "count_id": 3})


@pytest.fixture
def by_shot(session: Session, production: Production) -> Query[Any]:
    """Four shots, whose tasks have bids with the sums 3, 12, 21 and 30."""
    return session.query("Task").where(project_id=production.project).group_by(shot="parent.name")


def test_groups_of_a_server_are_filtered_ordered_and_cut(session: Session, by_shot: Query[Any]) -> None:
    Task = session.types.Task
    query = by_shot.select(effort=Task.bid.sum()).having(Task.bid.sum() < 30).order_by("effort desc")
    with requests_made(session) == 1:
        assert query.all() == [{"shot": f"sh{n}", "effort": 3 + 9 * n} for n in (2, 1, 0)]
    assert query.limit(1).all() == query[:1] == [query.first()] == [{"shot": "sh2", "effort": 21}]
    assert query[1] == {"shot": "sh1", "effort": 12}
    assert (query.count(), query.exists(), query.having("effort > 100").exists()) == (3, True, False)
    assert list(query.offset(1).dicts()) == query.all()[1:]
    assert query.rows("shot", lowest="min(bid)") == [("sh2", 6), ("sh1", 3), ("sh0", 0)]
    assert query.with_page_size(1).all() == query.all()


def test_names_alone_are_no_reason_to_ask_for_all_groups(session: Session, by_shot: Query[Any]) -> None:
    sent: list[Any] = []
    session.observe(lambda exchange: sent.extend(exchange.operations))
    assert by_shot.select(tasks="count(id)").order_by("shot desc").limit(2).rows() == [("sh3", 3), ("sh2", 3)]
    assert str(sent[0].expression).endswith("group by parent.name order by parent.name descending limit 2")


def test_values_of_groups_are_decoded_and_compared_as_moments(session: Session, production: Production) -> None:
    query = session.query("Note").where("author.username is unknown").group_by("author.username").select("max(date)")
    assert query.having(attr("date").max() > "2024-01-01").all() == []
    query = session.query("Task").where(project_id=production.project).group_by("parent.name").select("max(created_at)")
    (row,) = query.having(attr("created_at").max() > "2001-01-01").limit(1)
    assert row["max_created_at"].year > 2001
    assert query.having(attr("created_at").max() < "2001-01-01").all() == []
