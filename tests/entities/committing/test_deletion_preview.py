"""The preview of a deletion states the entities that the embedded server deletes, without recording anything."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production
from tests.property_settings import examples


class Counter:
    """Counts the entities in the database of an embedded server by type."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def counts(self) -> dict[str, int]:
        with closing(sqlite3.connect(self._database)) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            counts: dict[str, int] = {}
            for table in tables:
                columns = {row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')}
                if "__entity_type__" in columns:
                    query = f'SELECT __entity_type__, COUNT(*) FROM "{table}" GROUP BY 1'
                    counts.update(dict(connection.execute(query).fetchall()))
        # Every commit adds to the log behind the activity feed.
        return {name: count for name, count in counts.items() if name != "Event"}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "demo.sqlite"


@pytest.fixture(scope="module")
def demo(database: Path) -> Iterator[Session]:
    """A session on a demo of its own, which the tests destroy."""
    with (
        Sandbox(seed="demo", tasks=150, database=database) as box,
        Session(box.url, box.api_key, box.api_user) as session,
    ):
        yield session


def test_for_every_deletable_type_it_states_what_the_server_deletes(demo: Session, database: Path) -> None:
    counter = Counter(database)
    deleted_types = set()
    differences = []
    # The order leaves something for each type to delete.
    first, last = ("Task", "Shot", "Asset", "AssetVersion"), ("Sequence", "Project", "User")
    names = [name for name in sorted(demo.schema.types) if name not in (*first, *last)]
    for name in (*first, *names, *last):
        if name.endswith(("CustomAttributeValue", "LinkFrom")) or len(demo.schema.type(name).primary_key) != 1:
            continue
        before = counter.counts()
        if not before.get(name):
            continue
        for entity in demo.query(name).limit(examples(1, 2)).all():
            if entity.__entity_type__ != name:
                continue
            before = counter.counts()
            preview = demo.preview_delete(entity)
            assert not demo.deleted
            demo.delete(entity)
            try:
                demo.commit()
            except errors.ServerError:
                demo.rollback()
                continue
            after = counter.counts()
            gone = {each: before[each] - after.get(each, 0) for each in before if before[each] != after.get(each, 0)}
            gone[name] -= 1
            expected = {each: number for each, number in gone.items() if number}
            if dict(preview) != expected:
                wrong = {each: (preview.get(each), expected.get(each)) for each in {*preview, *expected}}
                differences.append((name, {each: pair for each, pair in wrong.items() if pair[0] != pair[1]}))
            assert preview.total == sum(preview.values())
            deleted_types.add(name)
    assert not differences, "\n".join(map(str, differences))
    assert len(deleted_types) > 25
    assert {"Project", "Sequence", "Shot", "Task", "Asset", "AssetVersion", "FileComponent", "Note"} <= deleted_types


def test_it_makes_one_request_for_each_level_and_records_nothing(session: Session, production: Production) -> None:
    project = existing(session.get("Project", production.project))
    with requests_made(session) <= 4:
        preview = session.preview_delete(project)
    assert dict(preview) == {"Task": 12, "Shot": 4, "Sequence": 2}
    assert preview.total == 18
    assert not session.deleted
    assert existing(session.get("Project", production.project)) is project


def test_it_counts_each_kind_of_dependent_once(session: Session, production: Production) -> None:
    shot = existing(session.get("Shot", production.shots[0]))
    task, user = session.get("Task", production.tasks[0]), session.query("User").first()
    asset = session.create("Asset", name="plate", parent=shot, type=session.query("AssetType").first())
    version = session.create("AssetVersion", asset=asset, task=task)
    session.create("FileComponent", name="main", file_type=".exr", version=version)
    session.create("Note", content="note", parent_id=production.tasks[0], parent_type="Task", author=user)
    session.create("Timelog", context_id=production.tasks[0], user=user, duration=60, start=version["date"])
    session.commit()
    with requests_made(session) <= 7:
        preview = session.preview_delete(shot)
    assert {name: preview[name] for name in ("Task", "Asset", "AssetVersion", "FileComponent", "Note", "Timelog")} == {
        "Task": 3,
        "Asset": 1,
        "AssetVersion": 1,
        "FileComponent": 1,
        "Note": 1,
        "Timelog": 1,
    }
    assert {"Note", "Timelog"} <= preview.uncertain
    text = str(preview)
    assert f"also deletes {preview.total} more" in text
    assert "  3 Task\n" in text
    assert "  1 Note (ftrack may keep them)" in text


def test_an_entity_without_dependents_takes_nothing_along(session: Session, production: Production) -> None:
    task = existing(session.get("Task", production.tasks[0]))
    preview = session.preview_delete(task)
    assert (dict(preview), preview.total) == ({}, 0)
    assert str(preview) == f"Deleting {task!r} deletes nothing else."


def test_a_new_entity_takes_nothing_along_and_needs_no_request(session: Session, production: Production) -> None:
    shot = session.create("Shot", name="new", parent=existing(session.get("Sequence", production.sequences[0])))
    with requests_made(session) == 0:
        assert dict(session.preview_delete(shot)) == {}
    assert session.created == [shot]


def test_other_arguments_are_refused(session: Session, other: Session, production: Production) -> None:
    with pytest.raises(errors.InvalidValue, match="preview_delete takes one entity, not 'x'"):
        session.preview_delete("x")  # type: ignore[arg-type]
    task = existing(session.get("Task", production.tasks[0]))
    with pytest.raises(errors.InvalidValue, match="another session"):
        other.preview_delete(task)
    session.delete(task)
    session.commit()
    with pytest.raises(errors.EntityDeleted, match="is deleted already"):
        session.preview_delete(task)
