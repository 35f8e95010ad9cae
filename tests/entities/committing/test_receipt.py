"""Receipts of commits: an integer that knows its operations with the values before and after."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from ftrack_orm import NOT_LOADED, Receipt, Session, errors
from ftrack_orm.testing import requests_made
from tests.assertions import existing
from tests.production import Production


def test_a_receipt_is_the_number_of_operations(session: Session, production: Production) -> None:
    nothing = session.commit()
    assert (not nothing, nothing == 0, list(nothing.operations)) == (True, True, [])
    for n, id_ in enumerate(production.tasks[:3]):
        existing(session.get("Task", id_)).bid = 100 + n
    receipt = session.commit()
    assert isinstance(receipt, int)
    assert bool(receipt)
    assert (receipt == 3, receipt > 2, receipt + 1, f"{receipt} done", f"{receipt:03}", str(receipt)) == (
        True, True, 4, "3 done", "003", "3",
    )  # fmt: skip
    assert json.dumps({"operations": receipt}) == '{"operations": 3}'
    assert repr(receipt) == "<Receipt: 3 operations>"
    assert {receipt: 1}[3] == 1  # type: ignore[index]  # an integer all the same


def test_operations_have_the_values_before_and_after(session: Session, production: Production) -> None:
    task = session.query("Task").where(id=production.tasks[0]).select("name", "bid").one()
    task.bid = 7
    shot = session.create("Shot", name="new", parent_id=production.sequences[0])
    note = session.create("Note", content="x", parent_id=production.tasks[1], parent_type="Task")
    session.commit()
    session.delete(note)
    task.bid = 8
    receipt = session.commit()
    update, delete = receipt.operations
    assert (update.action, update.entity_type, update.key) == ("update", "Task", (task.id,))
    assert (update.before, update.after) == ({"bid": 7}, {"bid": 8})
    assert str(update) == f"update Task {task.id}: bid 7 -> 8"
    assert (delete.action, delete.key, delete.after) == ("delete", (note.id,), None)
    assert delete.before is not None
    assert delete.before["content"] == "x"
    assert shot.id not in [each.key[0] for each in receipt.operations]


def test_a_creation_has_the_values_that_the_server_has_added(session: Session, production: Production) -> None:
    shot = session.create("Shot", name="new", parent_id=production.sequences[0])
    (operation,) = session.commit().operations
    assert (operation.action, operation.entity_type, operation.key) == ("create", "Shot", (shot.id,))
    assert operation.before is None
    assert operation.after is not None
    assert (operation.after["name"], operation.after["status_id"]) == ("new", shot.status_id)


def test_values_that_were_not_loaded_are_read_in_the_request_of_the_commit(
    session: Session, production: Production
) -> None:
    task = session.query("Task").where(id=production.tasks[4]).select("id").one()
    task.bid = 50
    with requests_made(session) as made:
        receipt = session.commit()
    assert made == 1
    assert receipt.operations[0].before == {"bid": 4}
    task.description = "x"
    with requests_made(session) as made:
        receipt = session.commit(undoable=False)
    assert made == 1
    assert receipt.operations[0].before == {"description": NOT_LOADED}


def test_a_copied_receipt_keeps_its_operations_but_not_its_session(session: Session, production: Production) -> None:
    task = session.query("Task").where(id=production.tasks[5]).select("bid").one()
    task.bid = 51
    receipt = session.commit()
    assert copy.deepcopy(receipt) is receipt
    sent = pickle.loads(pickle.dumps(receipt))
    assert isinstance(sent, Receipt)
    assert (sent == receipt, sent.operations) == (True, receipt.operations)
    with pytest.raises(errors.UsageError, match="load_receipt"):
        sent.undo()


def test_a_refused_query_for_earlier_values_does_not_stop_the_commit(
    session: Session, production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ftrack_orm.entities.committing import earlier_values
    from ftrack_orm.query.language.nodes import Path, Select

    wrong = Select("Task", (Path.of("no_such_attribute"),))
    monkeypatch.setattr(earlier_values.EarlierValues, "_selects_of", lambda *_, **__: [wrong])
    task = session.query("Task").where(id=production.tasks[6]).select("id").one()
    task.bid = 52
    receipt = session.commit()
    assert receipt == 1
    assert "refused to show the values" in receipt.gaps[0]
    undo = receipt.undo()
    assert not undo
    assert any("is not known" in each for each in undo.not_restored)
