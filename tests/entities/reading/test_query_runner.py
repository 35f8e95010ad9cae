import datetime
import json
import threading
import uuid

import attrs
import pytest

from ftrack_orm import errors
from ftrack_orm.settings import Settings
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.http import HttpTransport

#: Seconds after which a test that waits for another thread gives up; nothing ever waits that long.
PATIENCE = 10


class Line:
    """HTTP to the embedded server that remembers what is asked, and holds what contains `hold` until released."""

    def __init__(self, box):
        self._http = HttpTransport(Settings.resolve(box.url, box.api_key, box.api_user))
        self._asked = threading.Condition()
        self.expressions = []
        self.hold = None
        self.held = 0
        self.release = threading.Event()

    def send(self, request, cancellation=None):
        asked = [str(operation.get("expression")) for operation in json.loads(request.body)]
        holds = self.hold is not None and any(self.hold in expression for expression in asked)
        with self._asked:
            self.expressions.extend(asked)
            self.held += holds
            self._asked.notify_all()
        if holds:
            assert self.release.wait(PATIENCE), "it was held and never released"
            with self._asked:
                self.held -= 1
        return self._http.send(request, cancellation)

    def wait_for(self, count):
        """Wait until that many expressions were asked for; return whether they were."""
        with self._asked:
            return self._asked.wait_for(lambda: len(self.expressions) >= count, PATIENCE)

    def close(self):
        self._http.close()


@pytest.fixture
def line(box):
    line = Line(box)
    yield line
    line.release.set()
    line.close()


@pytest.fixture
def wired(connect, line):
    session = connect(transport=line)
    session.server_information  # noqa: B018 - meets the server
    line.expressions.clear()
    return session


@pytest.fixture
def tasks(production):
    """A query for the twelve tasks of the production, `task00` to `task11`, of a session."""
    return lambda session: session.query("Task").where(project_id=production.project).select("name").order_by("name")


def names(entities):
    return [entity.name for entity in entities]


ALL = [f"task{number:02}" for number in range(12)]


# -- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page_size", "requests"),
    [(1, 12), (2, 6), (4, 3), (5, 3), (6, 2), (11, 2), (12, 1), (13, 1), (500, 1)],
)
def test_a_result_takes_a_request_a_page_and_none_after_a_full_last_page(session, tasks, page_size, requests):
    with requests_made(session) == requests:
        assert names(tasks(session).with_page_size(page_size)) == ALL


@pytest.mark.parametrize(
    ("limit", "page_size", "requests"),
    [(1, 5, 1), (5, 5, 1), (6, 5, 2), (7, 5, 2), (10, 5, 2), (11, 5, 3), (12, 5, 3), (99, 5, 3), (3, 99, 1), (0, 5, 0)],
)
def test_a_limit_counts_across_pages(session, tasks, limit, page_size, requests):
    with requests_made(session) == requests:
        assert names(tasks(session).limit(limit).with_page_size(page_size)) == ALL[:limit]


def test_no_more_is_asked_for_than_the_limit_leaves(wired, tasks, line):
    tasks(wired).limit(7).with_page_size(5).all()
    assert [expression.partition("order by name ")[2] for expression in line.expressions] == [
        "limit 5",
        "offset 5 limit 2",
    ]


def test_an_offset_counts_across_pages(session, tasks):
    assert names(tasks(session).offset(3).with_page_size(4)) == ALL[3:]
    assert names(tasks(session).offset(3).limit(6).with_page_size(4)) == ALL[3:9]
    assert names(tasks(session).offset(20)) == []


def test_the_sessions_page_size_holds_unless_the_query_has_one(connect, tasks, production):
    session = connect(page_size=5)
    session.server_information  # noqa: B018 - meets the server
    assert [len(page) for page in tasks(session).pages()] == [5, 5, 2]
    query = session.query("Task", page_size=6).where(project_id=production.project)
    assert [len(page) for page in query.pages()] == [6, 6]


def test_the_next_page_is_asked_for_before_the_current_one_is_handed_out(wired, tasks, line):
    pages = tasks(wired).with_page_size(4).pages()
    assert names(next(pages)) == ALL[:4]
    assert line.wait_for(2), "the second page was not asked for although nobody asks for more of the first"
    assert line.expressions[1].endswith("offset 4 limit 4")
    assert len(line.expressions) == 2, "the third page is only asked for with the second"


def test_the_current_page_can_be_used_while_the_next_one_is_under_way(wired, tasks, line):
    line.hold = "offset 4"
    walk = iter(tasks(wired).with_page_size(4))
    assert names([next(walk) for _ in range(4)]) == ALL[:4]
    assert line.wait_for(2)
    assert line.held == 1
    line.release.set()
    assert names(walk) == ALL[4:]


def test_an_error_on_a_later_page_is_told_when_that_page_is_needed(connect, box, tasks):
    class Failing(Line):
        def send(self, request, cancellation=None):
            if b"offset 4" in request.body:
                raise errors.TransportError("The line was cut.", safe_to_retry=True)
            return super().send(request, cancellation)

    line = Failing(box)
    walk = iter(tasks(connect(transport=line)).with_page_size(4))
    assert names([next(walk) for _ in range(4)]) == ALL[:4]
    with pytest.raises(errors.TransportError):
        next(walk)
    line.close()


def test_walking_twice_asks_twice_and_gives_the_same_objects(session, tasks):
    query = tasks(session)
    with requests_made(session) == 2:
        first, second = list(query), list(query)
    assert all(one is another for one, another in zip(first, second, strict=True))


def test_pages_under_way_do_not_hold_up_other_queries(wired, tasks, line):
    line.hold = "offset 3"
    walks = [iter(tasks(wired).with_page_size(3)) for _ in range(8)]
    assert [next(walk).name for walk in walks] == ["task00"] * 8
    assert tasks(wired).first().name == "task00"
    line.release.set()
    assert [names(walk) for walk in walks] == [ALL[1:]] * 8


def test_a_walk_given_up_half_way_leaves_nothing_hanging(wired, tasks, line):
    line.hold = "offset 3"
    # More walks than there are threads for pages in the background, so the last one's next page has to wait its turn.
    walks = [iter(tasks(wired).with_page_size(3)) for _ in range(8)]
    assert [next(walk).name for walk in walks] == ["task00"] * 8
    given_up = iter(tasks(wired).with_page_size(5))
    assert next(given_up).name == "task00"
    given_up.close()
    line.release.set()
    assert [names(walk) for walk in walks] == [ALL[1:]] * 8
    assert not any("offset 5" in expression for expression in line.expressions)


def test_closing_while_a_page_is_under_way_does_not_wait_for_it(wired, line, tasks):
    line.hold = "offset 4"
    walk = iter(tasks(wired).with_page_size(4))
    first = next(walk)
    assert line.wait_for(2)
    wired.close()
    assert line.held == 1
    assert first.name == "task00"


# -- what a query brings along ----------------------------------------------------------------------------------------


def test_without_a_projection_the_types_default_projections_come(wired, line, production):
    wired.query("Status").first()
    defaults = wired.schema.type("Status").default_projections
    assert line.expressions == [f"select {', '.join(defaults)} from Status limit 1"]


def test_a_projected_relation_brings_its_targets_default_projections(wired, line, production):
    query = wired.query("Task").where(id=production.tasks[0]).select("parent")
    with requests_made(wired) == 1:
        task = query.one()
        assert task.parent.name == "sh0"
    defaults = wired.schema.type("Context").default_projections
    assert "name" in defaults
    assert all(f"parent.{name}" in line.expressions[0] for name in defaults)


def test_a_projected_collection_brings_its_items_default_projections(session, production):
    with requests_made(session) == 1:
        shot = session.query("Shot").where(id=production.shots[0]).select("children").one()
        assert sorted(names(shot.children)) == ALL[:3]


def test_a_projected_mapping_comes_with_keys_and_values(session, other, production):
    task = other.get("Task", production.tasks[0])
    task.metadata["reviewed"] = "yes"
    other.commit()
    with requests_made(session) == 1:
        found = session.query("Task").where(project_id=production.project).order_by("name").select("metadata").all()
        assert dict(found[0].metadata) == {"reviewed": "yes"}
        assert dict(found[1].metadata) == {}


def test_a_dotted_projection_brings_every_hop(session, production):
    with requests_made(session) == 1:
        query = session.query("Task").where(project_id=production.project).order_by("name")
        query = query.select("name, parent.parent.name")
        assert [(task.name, task.parent.parent.name) for task in query][::6] == [("task00", "sq0"), ("task06", "sq1")]


def test_a_cast_projection_brings_attributes_of_the_subtype(session, production):
    with requests_made(session) == 1:
        shot = session.query("Shot").where(id=production.shots[1]).select("children[Task].bid").one()
        assert sorted(child.bid for child in shot.children) == [3, 4, 5]


def test_a_page_is_a_group_of_its_own_that_is_loaded_together(session, tasks):
    pages = list(tasks(session).with_page_size(6).pages())
    with requests_made(session) == 1:
        assert [task.bid for task in pages[0]] == [0, 1, 2, 3, 4, 5]
    with requests_made(session) == 1:
        assert [task.bid for task in pages[1]] == [6, 7, 8, 9, 10, 11]


# -- counting ---------------------------------------------------------------------------------------------------------


def test_count_takes_one_request_and_loads_nothing(session, tasks):
    with requests_made(session) == 1:
        assert tasks(session).with_page_size(5).count() == 12


def test_count_keeps_to_offset_and_limit(session, tasks):
    query = tasks(session)
    assert query.limit(5).count() == 5
    assert query.offset(10).count() == 2
    assert query.offset(10).limit(1).count() == 1
    assert query.offset(50).count() == 0
    with requests_made(session) == 0:
        assert query.limit(0).count() == 0


def test_exists_asks_for_one(wired, tasks, line):
    assert tasks(wired).exists() is True
    assert line.expressions[-1].endswith("limit 1")
    assert tasks(wired).where(name="there is none").exists() is False
    assert len(line.expressions) == 2


def test_a_criterion_that_nothing_meets_asks_nothing(session):
    query = session.query("Task").where(session.types.Task.id.in_([]))
    with requests_made(session) == 0:
        assert (query.all(), query.count(), query.first(), query.exists()) == ([], 0, None, False)


# -- one, some --------------------------------------------------------------------------------------------------------


def test_first_asks_for_one(wired, tasks, line):
    assert tasks(wired).first().name == "task00"
    assert tasks(wired).where(name="there is none").first() is None
    assert [expression[-7:] for expression in line.expressions] == ["limit 1", "limit 1"]


def test_one_insists_on_one(session, tasks):
    query = tasks(session)
    assert query.where(name="task03").one().name == "task03"
    assert query.limit(1).one().name == "task00"
    with pytest.raises(errors.NoResult, match="there is none"):
        query.where(name="there is none").one()
    with requests_made(session) == 1, pytest.raises(errors.MultipleResults):
        query.one()


def test_one_or_none_takes_none(session, tasks):
    query = tasks(session)
    assert query.where(name="task03").one_or_none().name == "task03"
    assert query.where(name="there is none").one_or_none() is None
    with pytest.raises(errors.MultipleResults):
        query.one_or_none()


@pytest.mark.parametrize(
    "key",
    [slice(2, 5), slice(None, 3), slice(9, None), slice(9, 99), slice(5, 5), slice(5, 2), slice(None), slice(0, 9, 3)],
)
def test_a_slice_is_that_of_the_list_in_one_request(session, tasks, key):
    with requests_made(session) <= 1:
        assert names(tasks(session)[key]) == ALL[key]


@pytest.mark.parametrize("key", [slice(-3, None), slice(None, -10), slice(-5, -2), slice(2, -2), slice(None, None, -1)])
def test_a_slice_counted_from_the_end_is_that_of_the_list(session, tasks, key):
    with requests_made(session) <= 2:
        assert names(tasks(session)[key]) == ALL[key]


def test_a_position_is_one_entity(session, tasks):
    query = tasks(session)
    with requests_made(session) == 1:
        assert query[4].name == "task04"
    with requests_made(session) == 2:
        assert query[-1].name == "task11"
    for outside in (12, -13):
        with pytest.raises(errors.NoResult), requests_made(session) <= 1:
            query[outside]


def test_slices_keep_to_the_querys_own_offset_and_limit(session, tasks):
    query = tasks(session).offset(2).limit(5)
    assert names(query[1:3]) == ALL[3:5]
    assert names(query[3:99]) == ALL[5:7]
    assert query[-1].name == "task06"
    with pytest.raises(errors.NoResult):
        query[5]


# -- aggregates -------------------------------------------------------------------------------------------------------


def test_group_by_gives_plain_rows_with_the_keys_in_them(session, production):
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


def test_group_by_rows_come_in_pages_too(session, production):
    query = session.query("Task").where(project_id=production.project).group_by("parent_id").select("count(id)")
    with requests_made(session) == 2:
        assert sum(row["count_id"] for row in query.with_page_size(2)) == 12


def test_a_query_that_belongs_to_no_session_says_so(session, tasks):
    query = tasks(session).bind(None, None)
    with pytest.raises(errors.UsageError, match=r"session\.query"):
        query.all()


def test_grouping_is_left_to_servers_that_do_not_say_what_they_can_group(session, production):
    assert not any(entity_type.supports_group_by for entity_type in session.schema.types.values())
    row = session.query("Status").group_by("name").select("count(id)").first()
    assert set(row) == {"name", "count_id"}


def test_grouping_what_the_server_says_it_cannot_is_refused_before_asking(connect, box, production):
    class Newer(Line):
        """A server that says it can group tasks, and so that it cannot group anything else."""

        def send(self, request, cancellation=None):
            answer = super().send(request, cancellation)
            replies = json.loads(answer.body)
            for reply in replies:
                if isinstance(reply, list):
                    next(entity_type for entity_type in reply if entity_type["id"] == "Task")["metadata"] = {
                        "group_by": True
                    }
            return attrs.evolve(answer, body=json.dumps(replies).encode())

    line = Newer(box)
    session = connect(transport=line, schema_cache_path=False)
    grouped = session.query("Task").where(project_id=production.project).group_by("parent_id").select("count(id)")
    assert len(grouped.all()) == 4
    with requests_made(session) == 0, pytest.raises(errors.QueryError, match="cannot group Status; it can group Task"):
        session.query("Status").group_by("name").select("count(id)").all()
    line.close()


# -- fetch modes ------------------------------------------------------------------------------------------------------


def test_results_load_missing_values_as_their_query_says(session, tasks):
    never = tasks(session).fetching("never").all()
    with requests_made(session) == 0, pytest.raises(errors.NotFetched, match="bid"):
        never[0].bid  # noqa: B018 - reading it is what is tested
    one = tasks(session).fetching("one").all()
    with requests_made(session) == 3:
        assert [task.bid for task in one[:3]] == [0, 1, 2]
    peers = tasks(session).fetching("peers").all()
    with requests_made(session) == 1:
        assert [task.bid for task in peers[3:]] == list(range(3, 12))


def test_a_querys_mode_goes_before_the_sessions_and_a_block_before_both(connect, tasks):
    session = connect(fetch="never")
    loading = tasks(session).fetching("peers").all()
    assert loading[0].bid == 0
    with session.fetching("one"), requests_made(session) == 0:
        assert loading[1].bid == 1  # arrived with the first
    again = tasks(session).all()
    with pytest.raises(errors.NotFetched):
        again[0].notes  # noqa: B018 - reading it is what is tested
    with session.fetching("one"):
        assert list(again[0].notes) == []


def test_what_came_along_in_a_result_has_its_mode_too(session, tasks):
    task = tasks(session).select("parent.name").fetching("never").first()
    assert task.parent.name == "sh0"
    with requests_made(session) == 0, pytest.raises(errors.NotFetched):
        task.parent.description  # noqa: B018 - reading it is what is tested


# -- searching --------------------------------------------------------------------------------------------------------


def test_a_search_gives_entities_in_pages(wired, production, line):
    query = wired.search("Task", f"TASK0 {production.name}", context=production.project).order_by("name")
    with requests_made(wired) == 3:
        found = query.with_page_size(4).all()
    assert names(found) == ALL[:10]
    assert found[0] is wired.get("Task", production.tasks[0])


def test_a_search_narrows_a_query_and_can_be_narrowed(session, tasks, production):
    shot = session.get("Shot", production.shots[1])
    query = tasks(session).search(["task"], context=shot)
    assert names(query) == ALL[3:6]
    assert names(query.where(session.types.Task.bid > 3)) == ALL[4:6]
    assert (query.count(), query.exists(), query.first().name, query[-1].name) == (3, True, "task03", "task05")
    assert query.search("none of them has this").all() == []


def test_a_search_keeps_to_object_types(session, production):
    shots = session.query("ObjectType").where(name="Shot").all()
    found = session.search("TypedContext", "s", context=production.project, object_types=shots).all()
    assert sorted(entity.id for entity in found) == sorted(production.shots)


# -- plain rows -------------------------------------------------------------------------------------------------------


def test_dicts_are_json_of_just_what_was_selected(session, tasks, production):
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


def test_dicts_come_page_by_page_and_touch_no_entity(session, tasks):
    task = tasks(session).first()
    task.name = "edited"
    before = set(map(id, session.modified))
    walk = tasks(session).with_page_size(5).dicts()
    with requests_made(session) <= 2:
        assert next(walk)["name"] == "task00"
    assert [row["name"] for row in walk] == ALL[1:]
    assert task.name == "edited"
    assert set(map(id, session.modified)) == before


def test_dicts_of_a_query_without_projections_have_the_defaults(session, tasks, production):
    row = next(session.query("Task").where(id=production.tasks[0]).dicts())
    defaults = session.schema.type("Task").default_projections
    assert set(row) == {"__entity_type__", "id", *defaults}


def test_dicts_of_groups_are_json_too(session, production):
    query = session.query("Task").where(project_id=production.project).group_by("parent_id")
    rows = list(query.select("count(id)", "max(created_at)").dicts())
    assert sorted(row["parent_id"] for row in json.loads(json.dumps(rows))) == sorted(production.shots)
    assert all(datetime.datetime.fromisoformat(row["max_created_at"]).tzinfo for row in rows)


def test_dicts_of_nothing_ask_nothing(session, tasks):
    with requests_made(session) == 0:
        assert list(tasks(session).limit(0).dicts()) == []


# -- walking by key ---------------------------------------------------------------------------------------------------


@pytest.fixture
def unordered(production):
    return lambda session: session.query("Task").where(project_id=production.project).select("name")


def test_a_walk_goes_by_keys_each_page_behind_the_last(wired, unordered, line, production):
    walked = [task.id for task in unordered(wired).walk(page_size=5)]
    assert walked == sorted(production.tasks)
    assert [expression.partition(" and ")[2] for expression in line.expressions] == [
        "",
        f'id > "{walked[4]}" order by id limit 5',
        f'id > "{walked[9]}" order by id limit 5',
    ]


@pytest.mark.parametrize(("limit", "requests"), [(0, 0), (3, 1), (5, 1), (7, 2), (12, 3), (99, 3)])
def test_a_walk_keeps_to_the_limit(session, unordered, production, limit, requests):
    with requests_made(session) == requests:
        walked = [task.id for task in unordered(session).limit(limit).walk(page_size=5)]
    assert walked == sorted(production.tasks)[:limit]


def test_a_walk_keeps_alternatives_together(session, unordered, production):
    query = unordered(session).where("name is task01 or name is task02 or name is task03")
    assert sorted(task.name for task in query.walk(page_size=1)) == ["task01", "task02", "task03"]


class Meddling(Line):
    """A line on which somebody deletes or creates something in front of the next page before it is asked for."""

    def __init__(self, box, meddle):
        super().__init__(box)
        self._meddle = meddle

    def send(self, request, cancellation=None):
        answer = super().send(request, cancellation)
        if b"from Task" in request.body:
            self._meddle()
        return answer


@pytest.fixture
def meddled(connect, box, other, production):
    """Make a session whose walks over the production's tasks are meddled with in one of two ways."""
    lines = []
    doomed = iter(sorted(production.tasks))

    def delete():
        other.delete(other.get("Task", next(doomed)))

    def create():
        # Keys of tasks are random; this one comes before all of them.
        parent = other.get("Shot", production.shots[0])
        number = uuid.uuid4()
        other.create("Task", id=f"00000000-{number}", name=f"in front {number}", parent=parent)

    def make(way):
        def meddle():
            {"delete": delete, "create": create}[way]()
            other.commit()

        lines.append(Meddling(box, meddle))
        return connect(transport=lines[-1])

    yield make
    for line in lines:
        line.close()


@pytest.mark.parametrize("way", ["delete", "create"])
def test_a_walk_has_all_that_lasts_just_once_while_entities_come_and_go(meddled, unordered, production, way):
    walked = [task.id for task in unordered(meddled(way)).walk(page_size=3)]
    assert [task_id for task_id in walked if task_id in production.tasks] == sorted(production.tasks)


@pytest.mark.parametrize(("way", "change"), [("delete", "missed"), ("create", "doubled")])
def test_pages_counted_from_the_start_are_not_complete_then(meddled, unordered, production, way, change):
    counted = [task.id for task in unordered(meddled(way)).order_by("id").with_page_size(3)]
    found = {"missed": set(production.tasks) - set(counted), "doubled": {id for id in counted if counted.count(id) > 1}}
    assert found[change]


def test_a_walk_needs_a_key_of_one_part(session):
    with requests_made(session) == 0, pytest.raises(errors.QueryError, match="the key of Metadata is parent_id, key"):
        session.query("Metadata").walk()


def test_the_results_of_a_search_can_be_walked(session, unordered, production):
    found = unordered(session).search("task1", context=production.project).walk(page_size=1)
    assert sorted(names(found)) == ["task10", "task11"]


def test_populating_existing_entities_shows_what_the_server_has_instead_of_edits(session, production):
    Task = session.types.Task
    task = session.get(Task, production.tasks[0])
    task.name, task.description = "edited", "edited too"
    query = session.query(Task).where(Task.id == task.id).select(Task.name)
    assert query.one().name == "edited"
    assert query.populate_existing().one() is task
    assert (task.name, task.description) == ("task00", "edited too")
    assert query.populate_existing() != query
