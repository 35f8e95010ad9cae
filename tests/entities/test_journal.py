"""The journal: entities with changes, in the order of their first edit."""

from __future__ import annotations

from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.journal import Journal
from tests.entities.offline_workspace import offline_workspace


def tasks(count: int) -> tuple[Journal, list[Entity]]:
    workspace = offline_workspace()
    rows = [{"__entity_type__": "Task", "id": str(n), "name": f"task{n}"} for n in range(count)]
    return workspace.journal, workspace.loader.merge(rows)


def test_a_journal_with_any_change_is_true() -> None:
    journal, (task,) = tasks(1)
    assert not journal
    task.name = "x"
    assert journal
    assert list(journal.modified) == [task]
    task.name = "task0"
    assert not journal


def test_the_summary_counts_changes_and_names_five_entities() -> None:
    journal, entities = tasks(7)
    for task in reversed(entities):
        task.name = f"{task.name} renamed"
    journal.deleted[entities[0]] = None
    summary = journal.summary()
    assert summary.startswith("0 created, 7 modified, 1 deleted: <Task 'task6 renamed' 6 persistent>, ")
    assert summary.endswith("<Task 'task2 renamed' 2 persistent> and 2 more.")


def test_discarding_the_last_basis_of_an_entity_forgets_the_entity() -> None:
    journal, (task,) = tasks(1)
    journal.bases[task] = {"name": {}, "bid": {}}
    journal.discard_bases(task, ["name", "status"])
    assert journal.bases == {task: {"bid": {}}}
    journal.discard_bases(task, ["bid"])
    journal.discard_bases(task, ["bid"])
    assert journal.bases == {}
