"""Setting metadata and custom attributes on all entities of a query."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftrack_orm import Session, errors
from ftrack_orm.query.builder import Query
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.custom_attributes import Configure
from tests.fakes.transports import InterferingTransport
from tests.production import Connect, Production
from tests.property_settings import examples


@pytest.fixture
def query(session: Session, production: Production) -> Query[Any]:
    return session.query("Task").where(project_id=production.project).order_by("name")


def metadata_of(session: Session, production: Production) -> list[dict[str, Any]]:
    tasks = session.query("Task").where(project_id=production.project).order_by("name").select("metadata")
    return [dict(task.metadata) for task in tasks]


def test_metadata_are_created_and_updated_and_other_keys_stay(
    session: Session, other: Session, production: Production, query: Query[Any]
) -> None:
    with other.begin():
        existing(other.get("Task", production.tasks[0])).metadata.update(a="old", b="kept")
    with requests_made(session) as made:
        assert query.update({"metadata": {"a": "new", "c": "3"}, "bid": 100}) == 12
    assert made.count == 3  # the keys of the tasks, their present metadata, the changes
    other.reset()
    assert metadata_of(other, production) == [{"a": "new", "b": "kept", "c": "3"}] + [{"a": "new", "c": "3"}] * 11
    assert {task.bid for task in other.query("Task").where(project_id=production.project)} == {100}


def test_custom_attributes_are_set_by_the_configuration_of_each_result(
    session: Session, other: Session, production: Production, configure: Configure
) -> None:
    frame = configure("frame", "number")
    shared = configure("shared", "text")
    assert configure("shared", "text", object_type="Shot") == shared
    query = session.query("TypedContext").where(project_id=production.project)
    below = query.where("object_type.name in (Task, Shot)")
    assert below.update({"custom_attributes": {shared: "x"}, "metadata": {"k": "v"}}) == 16
    tasks = session.query("Task").where(project_id=production.project)
    assert tasks.update({"custom_attributes": {frame: 1001, shared: None}}, batch_size=5) == 12
    read = other.query("TypedContext").where(f"project_id is {production.project} and object_type.name in (Task, Shot)")
    rows = read.rows("object_type.name", "custom_attributes", "metadata")
    assert [dict(data) for _, _, data in rows] == [{"k": "v"}] * 16
    assert {values[shared] for kind, values, _ in rows if kind == "Shot"} == {"x"}
    assert {(values[shared], values[frame]) for kind, values, _ in rows if kind == "Task"} == {(None, 1001)}


def test_loaded_entities_show_the_new_entries_and_keep_their_edits(
    session: Session, production: Production, query: Query[Any], configure: Configure
) -> None:
    frame = configure("frame", "number", default=1)
    tasks = query.select("metadata", "custom_attributes").all()
    tasks[0].metadata["a"] = "mine"
    tasks[1].custom_attributes[frame] = 7
    query.update({"metadata": {"a": "theirs"}, "custom_attributes": {frame: 5}})
    assert [task.metadata["a"] for task in tasks] == ["mine"] + ["theirs"] * 11
    assert [task.custom_attributes[frame] for task in tasks] == [5, 7] + [5] * 10
    session.rollback()
    assert tasks[0].metadata["a"] == "theirs"
    assert tasks[1].custom_attributes[frame] == 5


def test_batches_are_of_entities_and_progress_counts_them(session: Session, query: Query[Any]) -> None:
    progress = []
    with requests_made(session) as made:
        query.update(
            {"metadata": {"a": "1", "b": "2"}}, batch_size=5, on_progress=lambda *counts: progress.append(counts)
        )
    assert progress == [(5, 12), (10, 12), (12, 12)]
    assert made.count == 1 + 2 * 3


def test_metadata_that_another_user_creates_meanwhile_are_updated(
    box: Sandbox, other: Session, connect: Connect, production: Production
) -> None:
    transport = InterferingTransport(box)
    session = connect(transport=transport)
    calls: list[int] = []

    def create_the_same() -> None:
        if not calls:
            calls.append(1)
            existing(other.get("Task", production.tasks[3])).metadata["a"] = "other"
            other.commit()

    transport.before_write = create_the_same
    query = session.query("Task").where(project_id=production.project)
    assert query.update({"metadata": {"a": "mine"}}) == 12
    other.reset()
    assert metadata_of(other, production) == [{"a": "mine"}] * 12


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"metadata": "x"}, r"Task\.metadata is set with a mapping of keys to values, not 'x'"),
        ({"metadata": {1: "x"}}, r"Keys of Task\.metadata are text, not 1"),
        ({"metadata": {"a": object()}}, r"Task\.metadata\['a'\]"),
        ({"custom_attributes": {"nothing": 1}}, "No custom attribute of Task has the key 'nothing'"),
        ({"children": []}, r"Task\.children is different on each entity"),
    ],
)
def test_wrong_entries_are_refused_before_anything_is_changed(
    session: Session, other: Session, production: Production, query: Query[Any], data: Any, message: str
) -> None:
    with pytest.raises(errors.UsageError, match=message):
        query.update({"bid": 99, **data})
    assert 99 not in [task.bid for task in other.query("Task").where(project_id=production.project)]


def test_wrong_values_of_custom_attributes_are_refused(
    query: Query[Any], production: Production, session: Session, configure: Configure
) -> None:
    frame = configure("frame", "number", config={"isdecimal": False})
    with pytest.raises(errors.InvalidValue, match=f"{frame}.*whole numbers"):
        query.update({"custom_attributes": {frame: 1.5}})
    with pytest.raises(errors.UnknownAttribute, match=f"No custom attribute.*Did you mean '{frame}'"):
        query.update({"custom_attributes": {frame + "x": 1}})
    everything = session.query("TypedContext").where(project_id=production.project)
    with pytest.raises(errors.UnknownAttribute, match="6 of the 18 results have no key"):
        everything.update({"custom_attributes": {frame: 1}})


def test_nothing_to_set_makes_no_request(session: Session, query: Query[Any]) -> None:
    with requests_made(session) == 0:
        assert query.update({"metadata": {}}) == 0


def test_a_refused_batch_names_the_number_of_entities_done(session: Session, production: Production) -> None:
    query = session.query("Task").where(project_id=production.project)
    shot = existing(session.get("Shot", production.shots[0]))
    session.delete(shot)
    session.commit()
    with pytest.raises(errors.ServerError, match="0 of 9 entities were done before") as caught:
        query.update({"parent_id": shot.id, "metadata": {"a": "1"}})
    assert caught.value.details["done"] == 0


KEYS, TEXTS = st.sampled_from("abc"), st.sampled_from(["1", "2", "é"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("bulk"), st.integers(0, 11), st.dictionaries(KEYS, TEXTS, min_size=1)),
        st.tuples(st.just("edit"), st.integers(0, 11), st.dictionaries(KEYS, TEXTS | st.none(), min_size=1)),
        st.tuples(st.just("other"), st.integers(0, 11), st.dictionaries(KEYS, TEXTS | st.none(), min_size=1)),
    ),
    max_size=6,
)


@settings(max_examples=examples(5, 80), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_loaded_mappings_show_what_bulk_updates_and_edits_leave(
    session: Session, other: Session, production: Production, steps: list[tuple[str, int, dict[str, Any]]]
) -> None:
    tasks = session.query("Task").where(project_id=production.project).order_by("name").select("metadata").all()
    model = [dict(task.metadata) for task in tasks]
    for kind, number, data in steps:
        if kind == "bulk":
            found = session.query("Task").where(f"project_id is {production.project} and bid >= {number}")
            assert found.update({"metadata": data}, batch_size=5) == 12 - number
            for each in model[number:]:
                each.update(data)
            continue
        editor = session if kind == "edit" else other
        metadata = existing(editor.get("Task", production.tasks[number])).metadata
        editor.expire([existing(editor.get("Task", production.tasks[number]))], "metadata")
        for key, value in data.items():
            if value is not None:
                metadata[key] = model[number][key] = value
            elif key in metadata:
                del metadata[key], model[number][key]
        editor.commit()
        if kind == "other":
            session.expire([tasks[number]], "metadata")
        assert dict(tasks[number].metadata) == model[number]
    assert [dict(task.metadata) for task in tasks] == model
    other.reset()
    assert metadata_of(other, production) == model
