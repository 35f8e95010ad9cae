"""Running queries: pages, counts, slices, aggregates, searches, plain rows and walks."""

from __future__ import annotations

import datetime
import json
import threading
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, cast

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.query.builder import Query
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.base import Request, Response
from ftrack_orm.transport.cancellation import Cancellation
from tests.assertions import existing
from tests.fakes.transports import ForwardingTransport, body_of
from tests.production import Connect, Production

#: Makes a query on a session.
QueryOn = Callable[[Session], Query[Any]]

#: Seconds after which a test that waits for another thread fails.
WAIT_SECONDS = 10


class RecordingTransport(ForwardingTransport):
    """Records the expressions of all queries, and holds back requests with `held_text` in them until released."""

    def __init__(self, box: Sandbox) -> None:
        super().__init__(box)
        self._changed = threading.Condition()
        self.expressions: list[str] = []
        self.held_text: str | None = None
        self.held_requests = 0
        self.release = threading.Event()

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        expressions = [str(operation.get("expression")) for operation in json.loads(body_of(request))]
        is_held = self.held_text is not None and any(self.held_text in expression for expression in expressions)
        with self._changed:
            self.expressions.extend(expressions)
            self.held_requests += is_held
            self._changed.notify_all()
        if is_held:
            assert self.release.wait(WAIT_SECONDS), "the request was held back and never released"
            with self._changed:
                self.held_requests -= 1
        return super().send(request, cancellation)

    def wait_for(self, count: int) -> bool:
        """Wait until *count* queries have been sent; return whether they have."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.expressions) >= count, WAIT_SECONDS)


@pytest.fixture
def transport(box: Sandbox) -> Iterator[RecordingTransport]:
    transport = RecordingTransport(box)
    yield transport
    transport.release.set()
    transport.close()


@pytest.fixture
def recorded(connect: Connect, transport: RecordingTransport) -> Session:
    """A session on the recording transport, after its handshake."""
    session = connect(transport=transport)
    session.server_information  # noqa: B018 - makes the handshake
    transport.expressions.clear()
    return session


@pytest.fixture
def tasks(production: Production) -> QueryOn:
    """A query for the twelve tasks of the production, `task00` to `task11`, of a session."""
    return lambda session: session.query("Task").where(project_id=production.project).select("name").order_by("name")


def names(entities: Iterable[Any]) -> list[str]:
    return [entity.name for entity in entities]


ALL = [f"task{number:02}" for number in range(12)]


# -- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page_size", "requests"),
    [(1, 12), (2, 6), (4, 3), (5, 3), (6, 2), (11, 2), (12, 1), (13, 1), (500, 1)],
)
def test_a_result_takes_one_request_per_page_and_no_further_one_after_a_full_last_page(
    session: Session, tasks: QueryOn, page_size: int, requests: int
) -> None:
    with requests_made(session) == requests:
        assert names(tasks(session).with_page_size(page_size)) == ALL


@pytest.mark.parametrize(
    ("limit", "page_size", "requests"),
    [(1, 5, 1), (5, 5, 1), (6, 5, 2), (7, 5, 2), (10, 5, 2), (11, 5, 3), (12, 5, 3), (99, 5, 3), (3, 99, 1), (0, 5, 0)],
)
def test_a_limit_counts_across_pages(
    session: Session, tasks: QueryOn, limit: int, page_size: int, requests: int
) -> None:
    with requests_made(session) == requests:
        assert names(tasks(session).limit(limit).with_page_size(page_size)) == ALL[:limit]


def test_the_last_page_requests_only_the_rows_that_the_limit_leaves(
    recorded: Session, tasks: QueryOn, transport: RecordingTransport
) -> None:
    tasks(recorded).limit(7).with_page_size(5).all()
    assert [expression.partition("order by name ")[2] for expression in transport.expressions] == [
        "limit 5",
        "offset 5 limit 2",
    ]


def test_an_offset_counts_across_pages(session: Session, tasks: QueryOn) -> None:
    assert names(tasks(session).offset(3).with_page_size(4)) == ALL[3:]
    assert names(tasks(session).offset(3).limit(6).with_page_size(4)) == ALL[3:9]
    assert names(tasks(session).offset(20)) == []


def test_the_sessions_page_size_holds_unless_the_query_has_one(
    connect: Connect, tasks: QueryOn, production: Production
) -> None:
    session = connect(page_size=5)
    session.server_information  # noqa: B018 - makes the handshake
    assert [len(page) for page in tasks(session).pages()] == [5, 5, 2]
    query = session.query("Task", page_size=6).where(project_id=production.project)
    assert [len(page) for page in query.pages()] == [6, 6]


def test_the_next_page_is_requested_before_the_current_one_is_yielded(
    recorded: Session, tasks: QueryOn, transport: RecordingTransport
) -> None:
    pages = tasks(recorded).with_page_size(4).pages()
    assert names(next(pages)) == ALL[:4]
    assert transport.wait_for(2), "the second page was not requested while the first one was used"
    assert transport.expressions[1].endswith("offset 4 limit 4")
    assert len(transport.expressions) == 2, "the third page was requested before the second one was used"


def test_the_current_page_can_be_used_while_the_next_one_is_under_way(
    recorded: Session, tasks: QueryOn, transport: RecordingTransport
) -> None:
    transport.held_text = "offset 4"
    iterator = iter(tasks(recorded).with_page_size(4))
    assert names([next(iterator) for _ in range(4)]) == ALL[:4]
    assert transport.wait_for(2)
    assert transport.held_requests == 1
    transport.release.set()
    assert names(iterator) == ALL[4:]


def test_an_error_on_a_later_page_is_raised_when_that_page_is_needed(
    connect: Connect, box: Sandbox, tasks: QueryOn
) -> None:
    class Failing(RecordingTransport):
        def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
            if b"offset 4" in body_of(request):
                raise errors.TransportError("The connection failed.", safe_to_retry=True)
            return super().send(request, cancellation)

    transport = Failing(box)
    iterator = iter(tasks(connect(transport=transport)).with_page_size(4))
    assert names([next(iterator) for _ in range(4)]) == ALL[:4]
    with pytest.raises(errors.TransportError):
        next(iterator)
    transport.close()


def test_iterating_twice_makes_two_requests_and_gives_the_same_objects(session: Session, tasks: QueryOn) -> None:
    query = tasks(session)
    with requests_made(session) == 2:
        first, second = list(query), list(query)
    assert all(a is b for a, b in zip(first, second, strict=True))


def test_pending_pages_do_not_delay_other_queries(
    recorded: Session, tasks: QueryOn, transport: RecordingTransport
) -> None:
    transport.held_text = "offset 3"
    iterators = [iter(tasks(recorded).with_page_size(3)) for _ in range(8)]
    assert [next(iterator).name for iterator in iterators] == ["task00"] * 8
    assert names(tasks(recorded)[:1]) == ["task00"]
    transport.release.set()
    assert [names(iterator) for iterator in iterators] == [ALL[1:]] * 8


def test_an_iteration_that_ends_early_cancels_its_next_page(
    recorded: Session, tasks: QueryOn, transport: RecordingTransport
) -> None:
    transport.held_text = "offset 3"
    # More iterations than background threads, so that the next page of the last one is still queued.
    iterators = [iter(tasks(recorded).with_page_size(3)) for _ in range(8)]
    assert [next(iterator).name for iterator in iterators] == ["task00"] * 8
    abandoned = iter(tasks(recorded).with_page_size(5))
    assert next(abandoned).name == "task00"
    cast("Generator[Any]", abandoned).close()
    transport.release.set()
    assert [names(iterator) for iterator in iterators] == [ALL[1:]] * 8
    assert not any("offset 5" in expression for expression in transport.expressions)


def test_closing_while_a_page_is_under_way_does_not_wait_for_it(
    recorded: Session, transport: RecordingTransport, tasks: QueryOn
) -> None:
    transport.held_text = "offset 4"
    iterator = iter(tasks(recorded).with_page_size(4))
    first = next(iterator)
    assert transport.wait_for(2)
    recorded.close()
    assert transport.held_requests == 1
    assert first.name == "task00"


# -- projections ----------------------------------------------------------------------------------------------------


def test_several_queries_take_one_request_and_have_the_results_that_each_has_alone(
    session: Session, production: Production
) -> None:
    tasks = session.query("Task").where(project_id=production.project).order_by("name")
    queries = (tasks.limit(5), tasks.select("parent.name"), session.query("Project").where(id=production.project))
    with requests_made(session) == 1:
        first, all_tasks, (project,) = session.all(*queries)
        assert [task.name for task in all_tasks] == [f"task{number:02}" for number in range(12)]
        # Rows that the server has sent for the first query are not sent again for the second.
        assert all_tasks[:5] == first
        assert [task.parent.name for task in first] == ["sh0", "sh0", "sh0", "sh1", "sh1"]
        assert project.name == production.name
    assert [query.all() for query in queries] == [first, all_tasks, [project]]


def test_further_pages_of_several_queries_are_requested_for_each(session: Session, production: Production) -> None:
    tasks = session.query("Task", page_size=5).where(project_id=production.project)
    shots = session.query("Shot").where(project_id=production.project)
    with requests_made(session) == 3:
        assert [len(results) for results in session.all(tasks, shots, tasks.limit(4))] == [12, 4, 4]


def test_several_queries_are_given_as_types_and_texts_too(session: Session, production: Production) -> None:
    with requests_made(session) == 1:
        results = session.all("Status", session.types.AssetType, "Task where project_id is none")
    assert [len(result) > 0 for result in results] == [True, True, False]
    with requests_made(session) == 0:
        assert session.all() == []


def test_a_query_without_projections_selects_the_default_ones(
    recorded: Session, transport: RecordingTransport, production: Production
) -> None:
    recorded.query("Status").first()
    defaults = recorded.schema.type("Status").default_projections
    assert transport.expressions == [f"select {', '.join(defaults)} from Status limit 1"]


def test_a_projected_relation_selects_the_default_projections_of_its_target(
    recorded: Session, transport: RecordingTransport, production: Production
) -> None:
    query = recorded.query("Task").where(id=production.tasks[0]).select("parent")
    with requests_made(recorded) == 1:
        task = query.one()
        assert task.parent.name == "sh0"
    defaults = recorded.schema.type("Context").default_projections
    assert "name" in defaults
    assert all(f"parent.{name}" in transport.expressions[0] for name in defaults)


def test_a_projected_collection_selects_the_default_projections_of_its_items(
    session: Session, production: Production
) -> None:
    with requests_made(session) == 1:
        shot = session.query("Shot").where(id=production.shots[0]).select("children").one()
        assert sorted(names(shot.children)) == ALL[:3]


def test_a_projected_mapping_is_loaded_with_keys_and_values(
    session: Session, other: Session, production: Production
) -> None:
    task = existing(other.get("Task", production.tasks[0]))
    task.metadata["reviewed"] = "yes"
    other.commit()
    with requests_made(session) == 1:
        tasks = session.query("Task").where(project_id=production.project).order_by("name").select("metadata").all()
        assert dict(tasks[0].metadata) == {"reviewed": "yes"}
        assert dict(tasks[1].metadata) == {}


def test_a_dotted_projection_loads_every_hop(session: Session, production: Production) -> None:
    with requests_made(session) == 1:
        query = session.query("Task").where(project_id=production.project).order_by("name")
        query = query.select("name, parent.parent.name")
        assert [(task.name, task.parent.parent.name) for task in query][::6] == [("task00", "sq0"), ("task06", "sq1")]


def test_a_cast_projection_loads_attributes_of_the_subtype(session: Session, production: Production) -> None:
    with requests_made(session) == 1:
        shot = session.query("Shot").where(id=production.shots[1]).select("children[Task].bid").one()
        assert sorted(child.bid for child in shot.children) == [3, 4, 5]


def test_the_entities_of_a_page_are_peers(session: Session, tasks: QueryOn) -> None:
    pages = list(tasks(session).with_page_size(6).pages())
    with requests_made(session) == 1:
        assert [task.bid for task in pages[0]] == [0, 1, 2, 3, 4, 5]
    with requests_made(session) == 1:
        assert [task.bid for task in pages[1]] == [6, 7, 8, 9, 10, 11]


# -- counting ---------------------------------------------------------------------------------------------------------


def test_count_takes_one_request_and_loads_nothing(session: Session, tasks: QueryOn) -> None:
    with requests_made(session) == 1:
        assert tasks(session).with_page_size(5).count() == 12


def test_count_respects_offset_and_limit(session: Session, tasks: QueryOn) -> None:
    query = tasks(session)
    assert query.limit(5).count() == 5
    assert query.offset(10).count() == 2
    assert query.offset(10).limit(1).count() == 1
    assert query.offset(50).count() == 0
    with requests_made(session) == 0:
        assert query.limit(0).count() == 0


def test_exists_requests_one_row(recorded: Session, tasks: QueryOn, transport: RecordingTransport) -> None:
    assert tasks(recorded).exists() is True
    assert transport.expressions[-1].endswith("limit 1")
    assert tasks(recorded).where(name="missing").exists() is False
    assert len(transport.expressions) == 2


def test_a_criterion_that_cannot_be_met_makes_no_request(session: Session) -> None:
    query = session.query("Task").where(session.types.Task.id.in_([]))
    with requests_made(session) == 0:
        assert (query.all(), query.count(), query.first(), query.exists()) == ([], 0, None, False)


# -- one or some ------------------------------------------------------------------------------------------------------


def test_first_requests_one_row(recorded: Session, tasks: QueryOn, transport: RecordingTransport) -> None:
    first = tasks(recorded).first()
    assert first is not None
    assert first.name == "task00"
    assert tasks(recorded).where(name="missing").first() is None
    assert [expression[-7:] for expression in transport.expressions] == ["limit 1", "limit 1"]


def test_one_raises_unless_there_is_exactly_one(session: Session, tasks: QueryOn) -> None:
    query = tasks(session)
    assert query.where(name="task03").one().name == "task03"
    assert query.limit(1).one().name == "task00"
    with pytest.raises(errors.NoResult, match="missing"):
        query.where(name="missing").one()
    with requests_made(session) == 1, pytest.raises(errors.MultipleResults):
        query.one()


def test_one_or_none_accepts_an_empty_result(session: Session, tasks: QueryOn) -> None:
    query = tasks(session)
    task = query.where(name="task03").one_or_none()
    assert task is not None
    assert task.name == "task03"
    assert query.where(name="missing").one_or_none() is None
    with pytest.raises(errors.MultipleResults):
        query.one_or_none()


@pytest.mark.parametrize(
    "key",
    [slice(2, 5), slice(None, 3), slice(9, None), slice(9, 99), slice(5, 5), slice(5, 2), slice(None), slice(0, 9, 3)],
)
def test_a_slice_equals_that_of_the_list_and_takes_one_request(session: Session, tasks: QueryOn, key: slice) -> None:
    with requests_made(session) <= 1:
        assert names(tasks(session)[key]) == ALL[key]


@pytest.mark.parametrize("key", [slice(-3, None), slice(None, -10), slice(-5, -2), slice(2, -2), slice(None, None, -1)])
def test_a_slice_from_the_end_equals_that_of_the_list(session: Session, tasks: QueryOn, key: slice) -> None:
    with requests_made(session) <= 2:
        assert names(tasks(session)[key]) == ALL[key]


def test_an_index_gives_one_entity(session: Session, tasks: QueryOn) -> None:
    query = tasks(session)
    with requests_made(session) == 1:
        assert query[4].name == "task04"
    with requests_made(session) == 2:
        assert query[-1].name == "task11"
    for outside in (12, -13):
        with pytest.raises(errors.NoResult), requests_made(session) <= 1:
            query[outside]


def test_slices_respect_the_querys_own_offset_and_limit(session: Session, tasks: QueryOn) -> None:
    query = tasks(session).offset(2).limit(5)
    assert names(query[1:3]) == ALL[3:5]
    assert names(query[3:99]) == ALL[5:7]
    assert query[-1].name == "task06"
    with pytest.raises(errors.NoResult):
        query[5]


# -- aggregates -------------------------------------------------------------------------------------------------------


def test_group_by_gives_plain_rows_with_the_keys_in_them(session: Session, production: Production) -> None:
    query = (
        session.query("Task")
        .where(project_id=production.project)
        .group_by("parent_id")
        .select("count(id)", "sum(bid)", "max(bid)")
    )
    with requests_made(session) == 1:
        rows = query.all()
    assert {row["parent_id"]: (row["count_id"], row["sum_bid"], row["max_bid"]) for row in rows} == {
        shot: (3, 9 * number + 3, 3 * number + 2) for number, shot in enumerate(production.shots)
    }
    assert all(type(row) is dict for row in rows)
    assert query.count() == 4


def test_group_by_rows_are_paged_too(session: Session, production: Production) -> None:
    query = session.query("Task").where(project_id=production.project).group_by("parent_id").select("count(id)")
    with requests_made(session) == 2:
        assert sum(row["count_id"] for row in query.with_page_size(2)) == 12


def test_a_query_without_a_session_is_refused(session: Session, tasks: QueryOn) -> None:
    query = tasks(session).bind(None, None)
    with pytest.raises(errors.UsageError, match=r"session\.query"):
        query.all()


def test_a_grouped_query_is_sent_to_servers_that_do_not_mark_groupable_types(
    session: Session, production: Production
) -> None:
    assert not any(entity_type.supports_group_by for entity_type in session.schema.types.values())
    (row,) = session.query("Status").group_by("name").select("count(id)").limit(1)
    assert set(row) == {"name", "count_id"}


def test_grouping_a_type_that_the_server_does_not_mark_is_refused_without_a_request(
    connect: Connect, box: Sandbox, production: Production
) -> None:
    class Newer(RecordingTransport):
        """Marks tasks as groupable in the schema, so that all other types are not."""

        def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
            response = super().send(request, cancellation)
            replies = json.loads(response.read())
            for reply in replies:
                if isinstance(reply, list):
                    next(entity_type for entity_type in reply if entity_type["id"] == "Task")["metadata"] = {
                        "group_by": True
                    }
            return Response(response.status, response.headers, json.dumps(replies).encode())

    transport = Newer(box)
    session = connect(transport=transport, schema_cache_path=False)
    grouped = session.query("Task").where(project_id=production.project).group_by("parent_id").select("count(id)")
    assert len(grouped.all()) == 4
    with requests_made(session) == 1:
        groups = session.query("Status").group_by("state.name").select("count(id)").all()
    assert groups == connect().query("Status").group_by("state.name").select("count(id)").all()
    with requests_made(session) == 0, pytest.raises(errors.QueryError, match=r"cannot group Project, and count\(child"):
        session.query("Project").group_by("name").select("count(children.id)").all()
    transport.close()


# -- fetch modes ------------------------------------------------------------------------------------------------------


def test_the_fetch_mode_of_a_query_applies_to_its_results(session: Session, tasks: QueryOn) -> None:
    never = tasks(session).fetching("never").all()
    with requests_made(session) == 0, pytest.raises(errors.NotFetched, match="bid"):
        never[0].bid  # noqa: B018 - the test reads it
    one = tasks(session).fetching("one").all()
    with requests_made(session) == 3:
        assert [task.bid for task in one[:3]] == [0, 1, 2]
    peers = tasks(session).fetching("peers").all()
    with requests_made(session) == 1:
        assert [task.bid for task in peers[3:]] == list(range(3, 12))


def test_the_mode_of_a_query_overrides_that_of_the_session_and_a_block_overrides_both(
    connect: Connect, tasks: QueryOn
) -> None:
    session = connect(fetch="never")
    loading = tasks(session).fetching("peers").all()
    assert loading[0].bid == 0
    with session.fetching("one"), requests_made(session) == 0:
        assert loading[1].bid == 1  # a peer of the first
    again = tasks(session).all()
    with pytest.raises(errors.NotFetched):
        again[0].notes  # noqa: B018 - the test reads it
    with session.fetching("one"):
        assert list(again[0].notes) == []


def test_related_entities_in_a_result_have_the_mode_of_its_query(session: Session, tasks: QueryOn) -> None:
    (task,) = tasks(session).select("parent.name").fetching("never").limit(1)
    assert task.parent.name == "sh0"
    with requests_made(session) == 0, pytest.raises(errors.NotFetched):
        task.parent.description  # noqa: B018 - the test reads it


# -- searching --------------------------------------------------------------------------------------------------------


def test_a_search_gives_entities_in_pages(
    recorded: Session, production: Production, transport: RecordingTransport
) -> None:
    query = recorded.search("Task", f"TASK0 {production.name}", context=production.project).order_by("name")
    with requests_made(recorded) == 3:
        results = query.with_page_size(4).all()
    assert names(results) == ALL[:10]
    assert results[0] is existing(recorded.get("Task", production.tasks[0]))


def test_a_search_filters_a_query_and_can_be_filtered(session: Session, tasks: QueryOn, production: Production) -> None:
    shot = existing(session.get("Shot", production.shots[1]))
    query = tasks(session).search(["task"], context=shot)
    assert names(query) == ALL[3:6]
    assert names(query.where(session.types.Task.bid > 3)) == ALL[4:6]
    assert (query.count(), query.exists(), query[0].name, query[-1].name) == (3, True, "task03", "task05")
    assert query.search("matches no task").all() == []


def test_a_search_respects_object_types(session: Session, production: Production) -> None:
    shots = session.query("ObjectType").where(name="Shot").all()
    results = session.search("TypedContext", "s", context=production.project, object_types=shots).all()
    assert sorted(entity.id for entity in results) == sorted(production.shots)


# -- plain rows -------------------------------------------------------------------------------------------------------


def test_dicts_are_json_of_the_selected_attributes(session: Session, tasks: QueryOn, production: Production) -> None:
    query = tasks(session).select("bid", "parent.name", "parent.parent.name").limit(2)
    with requests_made(session) == 1:
        rows = list(query.dicts())
    parent = {
        "__entity_type__": "Shot",
        "id": production.shots[0],
        "name": "sh0",
        "parent": {"__entity_type__": "Sequence", "id": production.sequences[0], "name": "sq0"},
    }
    assert json.loads(json.dumps(rows)) == [
        {"__entity_type__": "Task", "id": production.tasks[n], "name": ALL[n], "bid": n, "parent": parent}
        for n in range(2)
    ]


def test_dicts_are_yielded_page_by_page_and_change_no_entity(session: Session, tasks: QueryOn) -> None:
    (task,) = tasks(session).limit(1)
    task.name = "edited"
    before = set(map(id, session.modified))
    iterator = tasks(session).with_page_size(5).dicts()
    with requests_made(session) <= 2:
        assert next(iterator)["name"] == "task00"
    assert [row["name"] for row in iterator] == ALL[1:]
    assert task.name == "edited"
    assert set(map(id, session.modified)) == before


def test_dicts_of_a_query_without_projections_have_the_default_ones(
    session: Session, tasks: QueryOn, production: Production
) -> None:
    row = next(session.query("Task").where(id=production.tasks[0]).dicts())
    defaults = session.schema.type("Task").default_projections
    assert set(row) == {"__entity_type__", "id", *defaults}


def test_dicts_of_groups_are_json_too(session: Session, production: Production) -> None:
    query = session.query("Task").where(project_id=production.project).group_by("parent_id")
    rows = list(query.select("count(id)", "max(created_at)").dicts())
    assert sorted(row["parent_id"] for row in json.loads(json.dumps(rows))) == sorted(production.shots)
    assert all(datetime.datetime.fromisoformat(row["max_created_at"]).tzinfo for row in rows)


def test_dicts_of_an_empty_slice_make_no_request(session: Session, tasks: QueryOn) -> None:
    with requests_made(session) == 0:
        assert list(tasks(session).limit(0).dicts()) == []


# -- walking by key ---------------------------------------------------------------------------------------------------


@pytest.fixture
def unordered(production: Production) -> QueryOn:
    return lambda session: session.query("Task").where(project_id=production.project).select("name")


def test_a_walk_requests_each_page_by_the_last_key_of_the_previous_one(
    recorded: Session, unordered: QueryOn, transport: RecordingTransport, production: Production
) -> None:
    walked = [task.id for task in unordered(recorded).walk(page_size=5)]
    assert walked == sorted(production.tasks)
    assert [expression.partition(" and ")[2] for expression in transport.expressions] == [
        "",
        f'id > "{walked[4]}" order by id limit 5',
        f'id > "{walked[9]}" order by id limit 5',
    ]


@pytest.mark.parametrize(("limit", "requests"), [(0, 0), (3, 1), (5, 1), (7, 2), (12, 3), (99, 3)])
def test_a_walk_respects_the_limit(
    session: Session, unordered: QueryOn, production: Production, limit: int, requests: int
) -> None:
    with requests_made(session) == requests:
        walked = [task.id for task in unordered(session).limit(limit).walk(page_size=5)]
    assert walked == sorted(production.tasks)[:limit]


def test_a_walk_keeps_the_precedence_of_alternatives(
    session: Session, unordered: QueryOn, production: Production
) -> None:
    query = unordered(session).where("name is task01 or name is task02 or name is task03")
    assert sorted(task.name for task in query.walk(page_size=1)) == ["task01", "task02", "task03"]


def test_a_walk_is_resumed_from_a_key_or_an_entity(
    session: Session, unordered: QueryOn, production: Production
) -> None:
    query, in_order = unordered(session), sorted(production.tasks)
    assert [task.id for task in query.walk(page_size=3, after=in_order[4])] == in_order[5:]
    assert [task.id for task in query.walk(after=session.reference("Task", in_order[9]))] == in_order[10:]
    assert [task.id for task in query.limit(3).walk(page_size=2, after=in_order[0])] == in_order[1:4]
    assert list(query.walk(after=in_order[-1])) == []
    assert [task.id for task in query.walk(after=None)] == in_order


def test_an_interrupted_walk_is_resumed_although_its_last_entity_was_deleted(
    session: Session, other: Session, unordered: QueryOn, production: Production
) -> None:
    walk = unordered(session).walk(page_size=2)
    done = [next(walk).id for _ in range(5)]
    del walk
    other.delete(existing(other.get("Task", done[-1])))
    other.commit()
    assert [task.id for task in unordered(session).walk(after=done[-1])] == sorted(production.tasks)[5:]


def test_a_walk_begins_behind_keys_of_its_type_only(
    session: Session, unordered: QueryOn, production: Production
) -> None:
    shot = session.reference("Shot", production.shots[0])
    walk = unordered(session).walk
    for after, message in ((shot, "cannot begin after <Shot"), ("", "does not fit"), (("a", "b"), "does not fit")):
        with requests_made(session) == 0, pytest.raises(errors.InvalidValue, match=message):
            walk(after=after)  # type: ignore[arg-type]  # which is tested


class ConcurrentChanges(RecordingTransport):
    """Calls *change* after each page of tasks, before the next one is requested."""

    def __init__(self, box: Sandbox, change: Callable[[], None]) -> None:
        super().__init__(box)
        self._change = change

    def send(self, request: Request, cancellation: Cancellation | None = None) -> Response:
        response = super().send(request, cancellation)
        if b"from Task" in body_of(request):
            self._change()
        return response


@pytest.fixture
def connect_with_changes(
    connect: Connect, box: Sandbox, other: Session, production: Production
) -> Iterator[Callable[[str], Session]]:
    """Creates sessions between whose pages another user deletes a task, or creates one before the current position."""
    transports = []
    to_delete = iter(sorted(production.tasks))

    def delete() -> None:
        other.delete(existing(other.get("Task", next(to_delete))))
        other.commit()

    def create() -> None:
        # Keys of tasks are random; this one sorts before all of them.
        parent = existing(other.get("Shot", production.shots[0]))
        number = uuid.uuid4()
        other.create("Task", id=f"00000000-{number}", name=f"in front {number}", parent=parent)
        other.commit()

    def create_session(change: str) -> Session:
        transports.append(ConcurrentChanges(box, {"delete": delete, "create": create}[change]))
        return connect(transport=transports[-1])

    yield create_session
    for transport in transports:
        transport.close()


@pytest.mark.parametrize("change", ["delete", "create"])
def test_a_walk_gives_all_remaining_entities_once_despite_concurrent_changes(
    connect_with_changes: Callable[[str], Session],
    unordered: QueryOn,
    production: Production,
    change: str,
) -> None:
    walked = [task.id for task in unordered(connect_with_changes(change)).walk(page_size=3)]
    assert [task_id for task_id in walked if task_id in production.tasks] == sorted(production.tasks)


@pytest.mark.parametrize(("change", "effect"), [("delete", "missed"), ("create", "doubled")])
def test_pages_by_offset_are_incomplete_with_concurrent_changes(
    connect_with_changes: Callable[[str], Session],
    unordered: QueryOn,
    production: Production,
    change: str,
    effect: str,
) -> None:
    ids = [task.id for task in unordered(connect_with_changes(change)).order_by("id").with_page_size(3)]
    affected = {"missed": set(production.tasks) - set(ids), "doubled": {id for id in ids if ids.count(id) > 1}}
    assert affected[effect]


def test_a_walk_refuses_types_with_composite_keys(session: Session) -> None:
    with requests_made(session) == 0, pytest.raises(errors.QueryError, match="the key of Metadata is parent_id, key"):
        session.query("Metadata").walk()


def test_the_results_of_a_search_can_be_walked(session: Session, unordered: QueryOn, production: Production) -> None:
    results = unordered(session).search("task1", context=production.project).walk(page_size=1)
    assert sorted(names(results)) == ["task10", "task11"]


def test_populating_existing_entities_replaces_edits_of_selected_attributes(
    session: Session, production: Production
) -> None:
    Task = session.types.Task
    task = existing(session.get(Task, production.tasks[0]))
    task.name, task.description = "edited", "edited too"
    query = session.query(Task).where(Task.id == task.id).select(Task.name)
    assert query.one().name == "edited"
    assert query.populate_existing().one() is task
    assert (task.name, task.description) == ("task00", "edited too")
    assert query.populate_existing() != query
