"""A session has one object for each entity, held weakly unless it is recent or changed."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

from ftrack_orm import Session
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.identity_map import IdentityMap, ResultWindow
from ftrack_orm.entities.reading.merging import Merger
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.entities.offline_workspace import offline_workspace
from tests.production import Connect, Production


def test_an_entity_has_one_object_under_all_its_type_names(session: Session, production: Production) -> None:
    by_context = existing(session.get("Context", production.shots[0]))
    by_typed_context = session.query("TypedContext").where(f'id is "{production.shots[0]}"').one()
    by_shot = existing(session.get("Shot", production.shots[0]))
    by_relation = existing(session.get("Task", production.tasks[0])).parent
    assert by_context is by_typed_context is by_shot is by_relation
    assert type(by_context).__name__ == "Shot"
    assert isinstance(by_context, session.types.Context)


def test_a_second_query_returns_the_same_objects_with_their_values(session: Session, production: Production) -> None:
    query = session.query("Task").where(f'project_id is "{production.project}"').order_by("name")
    first = query.select("name", "bid").all()
    again = query.select("name").all()
    assert all(one is other for one, other in zip(first, again, strict=True))
    with requests_made(session) as made:
        assert [task.bid for task in again] == list(range(12))
    assert made == 0


def test_two_sessions_have_objects_of_their_own(session: Session, other: Session, production: Production) -> None:
    assert existing(session.get("Task", production.tasks[0])) is not existing(other.get("Task", production.tasks[0]))


def test_an_id_of_another_type_is_not_found_under_that_type(session: Session, production: Production) -> None:
    assert session.get("Shot", production.shots[0]) is not None
    assert session.get("Task", production.shots[0]) is None


def test_an_entity_without_references_that_is_not_recent_is_freed(connect: Connect, production: Production) -> None:
    session = connect(recent_size=0)
    task = existing(session.get("Task", production.tasks[0]))
    gone = weakref.ref(task)
    del task
    gc.collect()
    assert gone() is None


def test_recent_results_are_kept_without_references(connect: Connect, production: Production) -> None:
    session = connect(recent_size=100)
    gone = weakref.ref(existing(session.get("Task", production.tasks[0])))
    gc.collect()
    assert gone() is not None


def test_a_changed_entity_is_kept_until_it_is_committed(
    connect: Connect, other: Session, production: Production
) -> None:
    session = connect(recent_size=0)
    existing(session.get("Task", production.tasks[0])).description = "kept"
    gc.collect()
    session.commit()
    assert existing(other.get("Task", production.tasks[0])).description == "kept"


class Thing:
    pass


def test_the_recent_set_is_bounded_by_entities_and_newer_results_push_older_ones_out() -> None:
    identities: IdentityMap[Thing] = IdentityMap(10)
    results = [[Thing() for _ in range(4)] for _ in range(4)]
    refs = [weakref.ref(result[0]) for result in results]
    for result in results:
        identities.keep_recent(result)
    del results, result
    gc.collect()
    assert [ref() is not None for ref in refs] == [False, False, True, True]


def test_the_last_pages_of_a_result_larger_than_the_recent_set_are_kept_and_push_nothing_else_out() -> None:
    identities, window = IdentityMap[Thing](10), ResultWindow()
    other = [Thing()]
    pages = [[Thing() for _ in range(3)] for _ in range(6)]
    refs = [weakref.ref(result[0]) for result in (other, *pages)]
    identities.keep_recent(other)
    for page in pages:
        identities.keep_recent(page, window)
    del other, pages, page
    gc.collect()
    assert [ref() is not None for ref in refs] == [True, False, False, False, False, True, True]


def test_a_result_that_fits_is_kept_whole() -> None:
    identities, window = IdentityMap[Thing](10), ResultWindow()
    pages = [[Thing() for _ in range(3)] for _ in range(3)]
    refs = [weakref.ref(page[0]) for page in pages]
    for page in pages:
        identities.keep_recent(page, window)
    del pages, page
    gc.collect()
    assert [ref() is not None for ref in refs] == [True, True, True]


def test_a_page_larger_than_the_recent_set_is_not_kept() -> None:
    identities: IdentityMap[Thing] = IdentityMap(3)
    result = [Thing() for _ in range(4)]
    ref = weakref.ref(result[0])
    identities.keep_recent(result)
    del result
    gc.collect()
    assert ref() is None


def test_large_results_are_freed_when_they_are_dropped() -> None:
    workspace = offline_workspace(recent_size=1000)

    def pages(start: int) -> Iterator[list[Entity]]:
        for page in range(start, start + 100):
            yield Merger(workspace).rows(
                [
                    {
                        "__entity_type__": "Task",
                        "id": f"{page}-{row}",
                        "name": "t",
                        "parent": {"__entity_type__": "Shot", "id": f"{page}", "name": "s"},
                    }
                    for row in range(300)
                ]
            )

    held = [entity for page in pages(0) for entity in page]
    assert len(workspace.identities) == 100 * 301
    del held
    for _ in pages(1000):
        pass
    gc.collect()
    assert len(workspace.identities) <= 1000
