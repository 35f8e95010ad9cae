"""Receipts in files: another session undoes the commit, and damaged files are refused."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from ftrack_orm import Session, errors
from tests.assertions import existing
from tests.production import Connect, Production


def test_another_session_takes_a_commit_back(
    session: Session, connect: Connect, production: Production, tmp_path: Path
) -> None:
    task: Any = session.query("Task").where(id=production.tasks[0]).select("bid", "end_date", "scopes").one()
    task.bid, task.end_date = 30, datetime.datetime(2026, 5, 1, tzinfo=datetime.timezone.utc)
    task.scopes.append(session.create("Scope", name=production.name))
    session.delete(existing(session.get("Shot", production.shots[3])))
    receipt = session.commit()
    path = tmp_path / "receipt.json"
    receipt.save(path)

    later = connect()
    loaded = later.load_receipt(path)
    assert loaded == receipt
    assert loaded.operations == receipt.operations
    assert loaded.side_effects == receipt.side_effects
    undo = loaded.undo()
    assert undo.conflicts == ()
    undo.commit()
    fresh: Any = existing(connect().get("Task", task.id))
    assert (fresh.bid, fresh.end_date, list(fresh.scopes)) == (0, None, [])
    assert connect().get("Shot", production.shots[3]) is not None


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (lambda document: document["operations"][0].update(action="drop"), r"operations\[0\]\.action"),
        (lambda document: document["operations"][0].update(key=[]), r"operations\[0\]\.key"),
        (lambda document: document["operations"][0].update(entity_type="Tusk"), "Tusk"),
        (lambda document: document["operations"][0]["before"].update(bidd=1), "bidd"),
        (lambda document: document["operations"][0].update(after=None), "lacks the values"),
        (lambda document: document.update(number=-1), "number"),
        (lambda document: document.update(gaps="x"), "gaps"),
        (lambda document: document.update(side_effects=1), "side_effects"),
        (lambda document: document.update(format="ftrack_orm changes"), "not a file of committed operations"),
        (lambda document: document.update(version=2), "version 2"),
    ],
)
def test_a_file_with_other_content_is_refused(
    session: Session, production: Production, tmp_path: Path, damage: Any, place: str
) -> None:
    task: Any = session.query("Task").where(id=production.tasks[0]).select("bid").one()
    task.bid = 31
    path = tmp_path / "receipt.json"
    session.commit().save(path)
    document = json.loads(path.read_text(encoding="utf-8"))
    damage(document)
    del document["checksums"]
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises((errors.InvalidValue, errors.UnknownEntityType, errors.UnknownAttribute), match=place) as caught:
        session.load_receipt(path)
    assert str(path) in str(caught.value)


def test_a_changed_value_does_not_fit_its_checksum(session: Session, production: Production, tmp_path: Path) -> None:
    task: Any = session.query("Task").where(id=production.tasks[0]).select("bid").one()
    task.bid = 32
    path = tmp_path / "receipt.json"
    session.commit().save(path)
    path.write_text(path.read_text(encoding="utf-8").replace('"bid": 32', '"bid": 33'), encoding="utf-8")
    with pytest.raises(errors.InvalidValue, match=r"operations\[0\] differs"):
        session.load_receipt(path)


def test_a_file_that_does_not_exist_is_a_storage_error(session: Session, tmp_path: Path) -> None:
    with pytest.raises(errors.StorageError, match="committed operations"):
        session.load_receipt(tmp_path / "none.json")
