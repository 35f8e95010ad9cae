"""Damaged files of changes: an error that names file and place, and nothing recorded. A fuzzer searches the kind."""

from __future__ import annotations

import datetime
import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Session, errors
from ftrack_orm.entities.committing import changes_file
from ftrack_orm.entities.committing.changes_file import checksum
from tests.assertions import existing
from tests.mutations import damage_bytes, damage_value
from tests.production import Connect, Production
from tests.property_settings import examples

#: The errors by which the library may refuse a file.
REFUSALS = (errors.UsageError, errors.StorageError)


@pytest.fixture
def path(connect: Connect, production: Production, tmp_path: Path) -> Path:
    """A file with every kind of change: new, changed and deleted entities, and every kind of attribute."""
    session = connect()
    scopes = [session.create("Scope", name=f"scope{n}") for n in range(2)]
    task = existing(session.get("Task", production.tasks[0]))
    task.metadata["a"] = "1"
    task.scopes.append(scopes[0])
    session.commit()
    session.refresh(task)
    moment = datetime.datetime(2024, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)
    shot = session.create("Shot", name="new shot", parent_id=production.sequences[0])
    child = session.create("Task", name="new", parent=shot, end_date=moment)
    child.metadata["b"] = "2"
    child.scopes.append(scopes[1])
    session.create("Note", content="ä", parent_id=child.id, parent_type="Task", author=session.query("User").first())
    _ = task.bid, task.name
    task.bid, task.parent, task.name = 9, shot, "renamed"
    task.metadata["a"] = "2"
    task.scopes.append(scopes[1])
    session.delete(existing(session.get("Task", production.tasks[1])))
    session.changes().save(tmp_path / "changes.json")
    session.rollback()
    return tmp_path / "changes.json"


def with_checksums(document: Any) -> Any:
    """Return *document* with checksums that fit, as a malicious author would write it."""
    if isinstance(document, dict):
        sections = {name: document.get(name) for name in changes_file.SECTIONS}
        document["checksums"] = {
            name: [checksum(item) for item in items] if isinstance(items, list) else []
            for name, items in sections.items()
        }
    return document


def write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document), encoding="utf-8")


def change_document(path: Path, change: Callable[[Any], object]) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    write(path, with_checksums(document))


def assert_nothing_recorded(session: Session) -> None:
    assert (session.created, session.modified, session.deleted, len(session.plan())) == ([], [], [], 0)


def operations(session: Session) -> list[str]:
    return sorted(map(repr, session.plan()))


# -- the whole kind ---------------------------------------------------------------------------------------------------


def test_thousands_of_damaged_files_are_refused_or_recorded_as_they_were_saved(session: Session, path: Path) -> None:
    chance = random.Random(13)
    whole = path.read_bytes()
    session.load_changes(path)
    saved = operations(session)
    session.rollback()
    refused = 0
    for number in range(examples(400, 20_000)):
        path.write_bytes(damage_bytes(whole, chance))
        try:
            session.load_changes(path)
        except REFUSALS as error:
            refused += 1
            assert str(path) in str(error)
            assert len(str(error)) < 2000
            assert_nothing_recorded(session)
        else:
            assert operations(session) == saved, f"mutation {number} was recorded"
            session.rollback()
    assert refused > examples(300, 1000)


def test_thousands_of_wrong_documents_are_refused_or_recorded_completely(session: Session, path: Path) -> None:
    chance = random.Random(14)
    whole = json.loads(path.read_text(encoding="utf-8"))
    whole.pop("checksums")
    refused = 0
    for number in range(examples(300, 20_000)):
        document = damage_value(whole, chance)
        write(path, with_checksums(document) if number % 2 else document)
        try:
            session.load_changes(path)
        except REFUSALS as error:
            refused += 1
            assert str(path) in str(error)
            assert len(str(error)) < 2000
            assert_nothing_recorded(session)
        else:
            json.dumps(session.plan().as_json(), allow_nan=False)
            session.rollback()
            assert_nothing_recorded(session)
    assert refused > examples(200, 500)


# -- named examples ---------------------------------------------------------------------------------------------------


def test_a_truncated_file_is_an_error_that_states_line_and_column(session: Session, path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(errors.InvalidValue, match=r"changes\.json is not .*: line \d+ column \d+ \(char \d+\)"):
        session.load_changes(path)
    assert_nothing_recorded(session)


@pytest.mark.parametrize(("old", "new"), [(b"renamed", b"renamee"), (b'"new shot"', b'"new shoT"'), (b": 9", b": 8")])
def test_a_flipped_bit_in_a_value_is_an_error_that_states_the_item(
    session: Session, path: Path, old: bytes, new: bytes
) -> None:
    whole = path.read_bytes()
    assert old in whole
    path.write_bytes(whole.replace(old, new))
    message = (
        r"is damaged: (created|updated)\[\d\] differs from what was saved there. If the file was edited on purpose"
    )
    with pytest.raises(errors.InvalidValue, match=message):
        session.load_changes(path)
    assert_nothing_recorded(session)


def test_a_file_that_was_edited_on_purpose_is_loaded_without_its_checksums(session: Session, path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    document["updated"][0]["changes"]["name"]["new"] = "by hand"
    del document["checksums"]
    write(path, document)
    session.load_changes(path)
    assert [each.name for each in session.modified if each.name == "by hand"]


def _set(*place: Any, to: Any) -> Callable[[Any], object]:
    def change(document: Any) -> None:
        for part in place[:-1]:
            document = document[part]
        document[place[-1]] = to

    return change


DEEP: Any = []
for _ in range(200):
    DEEP = [DEEP]

TASK = {"__entity_type__": "Task", "id": "5"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("created", to=5), "created must be a list, not 5"),
        (_set("created", 1, to="x"), r"created\[1\] must be an object, not 'x'"),
        (
            _set("created", 0, "__entity_type__", to="Shto"),
            r"created\[0\]: .*no entity type 'Shto'.*Did you mean 'Shot'",
        ),
        (_set("created", 0, "__entity_type__", to=["Shot"]), r"created\[0\].__entity_type__ must be the name of"),
        (_set("created", 0, "id", to="another"), r"created\[0\]: values.id must be 'another', as in the key"),
        (_set("created", 0, "values", "id", to=None), r"created\[0\]: values.id must be"),
        (_set("created", 0, "values", to=[]), r"created\[0\].values must be an object, not \[\]"),
        (
            _set("created", 0, "values", "nmae", to="x"),
            r"created\[0\].values: .*no attribute 'nmae'.*Did you mean 'name'",
        ),
        (_set("created", 0, "values", "name", to=5), r"created\[0\].values.name: Shot.name holds text, not 5"),
        (_set("created", 0, "values", "name", to="\ud800"), r"created\[0\].values.name: Shot.name cannot hold"),
        (_set("created", 0, "values", "bid", to=10**30), r"created\[0\].values.bid is not a number"),
        (_set("created", 0, "values", "bid", to=float("inf")), r"created\[0\].values.bid is not a number"),
        (_set("created", 0, "values", "metadata", to=[TASK]), r"created\[0\].values.metadata must be an object"),
        (_set("created", 0, "values", "scopes", to={}), r"created\[0\].values.scopes must be a list"),
        (
            _set("created", 0, "values", "scopes", to=[TASK]),
            r"created\[0\].values.scopes\[0\] must be a Scope, not a Task",
        ),
        (_set("created", 0, "values", "end_date", to={"__type__": "datetime", "value": 5}), "end_date is not a date"),
        (_set("created", 0, "values", "end_date", to={"__type__": "x", "value": "y"}), "end_date is not a date"),
        (_set("updated", 0, "changes", "bid", to=9), r"updated\[0\].changes.bid must be an object, not 9"),
        (_set("updated", 0, "changes", "bid", to={"old": 9}), r"updated\[0\].changes.bid has no new"),
        (_set("updated", 0, "changes", "id", to={"new": "5"}), r"updated\[0\].changes.id: Task.id"),
        (_set("updated", 0, "extra", to=1), r"updated\[0\] has the unknown name 'extra'"),
        (_set("updated", 0, "id", to={}), r"updated\[0\].id must be a key, not {}"),
        (_set("deleted", 0, to={**TASK, "name": "x"}), r"deleted\[0\] has the unknown name 'name'"),
        (_set("deleted", to=[TASK, TASK]), r"deleted\[1\]: the document has this entity twice"),
        (_set("x", to=DEEP), r"x\[0\]\[0\].* is nested too deeply"),
    ],
)
def test_the_error_states_the_place_and_nothing_is_recorded(
    session: Session, path: Path, change: Callable[[Any], object], message: str
) -> None:
    change_document(path, change)
    with pytest.raises(errors.UsageError, match=message) as caught:
        session.load_changes(path)
    assert str(path) in str(caught.value)
    assert_nothing_recorded(session)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"[" * 1_000_000, "nested too deeply"),
        (b'{"format": ' + b"9" * 1_000_000 + b"}", "format is not a number"),
        (b'{"format": "ftrack_orm changes", "version": 1, "version": 1}', "has the same name twice"),
        (b'{"format": "ftrack_orm changes", "version": true}', "version True"),
        (b"\xff{}", "position 0"),
    ],
)
def test_json_that_no_session_writes_is_refused(session: Session, path: Path, text: bytes, message: str) -> None:
    path.write_bytes(text)
    with pytest.raises(errors.InvalidValue, match=message):
        session.load_changes(path)


def test_a_change_that_is_refused_late_takes_back_those_before_it_and_keeps_earlier_edits(
    session: Session, path: Path, production: Production
) -> None:
    own, doomed = (existing(session.get("Task", key)) for key in production.tasks[5:7])
    own.name = "mine"
    session.delete(doomed)
    before = operations(session)
    # The last deletion does not fit, after all other changes were recorded.
    change_document(path, lambda document: document["deleted"].append({"__entity_type__": "Shot", "id": own.id}))
    with pytest.raises(errors.UsageError, match=r"deleted\[1\]"):
        session.load_changes(path)
    assert operations(session) == before
    assert (session.created, session.modified, session.deleted) == ([], [own], [doomed])


@pytest.mark.skipif(sys.platform == "win32", reason="FIFOs and devices are files of POSIX systems")
@pytest.mark.parametrize("kind", ["FIFO", "device", "directory"])
def test_anything_but_a_regular_file_is_refused_without_waiting(session: Session, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "other.json"
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    started = time.monotonic()
    with pytest.raises(errors.StorageError, match=rf"other\.json: it is a {kind}, not a regular file"):
        session.load_changes(path)
    assert time.monotonic() - started < 2


def test_a_file_above_the_limit_is_refused(session: Session, path: Path) -> None:
    os.truncate(path, changes_file.MAX_BYTES + 1)
    with pytest.raises(errors.StorageError, match="larger than"):
        session.load_changes(path)


def test_an_entity_of_the_session_is_not_changed_by_references_to_it_in_a_file(
    session: Session, path: Path, production: Production
) -> None:
    task = existing(session.get("Task", production.tasks[3]))
    change_document(path, lambda document: document["deleted"].append({"__entity_type__": "Shot", "id": task.id}))
    with pytest.raises(errors.InvalidValue, match="is no Shot"):
        session.load_changes(path)
    assert type(task).__name__ == "Task"
    assert_nothing_recorded(session)
