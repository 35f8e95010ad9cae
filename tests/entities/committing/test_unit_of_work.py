"""Recording, committing and rolling back: no change is lost and none is made twice."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ftrack_orm import Session, errors, inspect
from ftrack_orm.entities.committing.committer import Committer
from ftrack_orm.entities.committing.ensure import Ensurer
from ftrack_orm.entities.committing.unit_of_work import UnitOfWork
from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.sandbox import Sandbox
from ftrack_orm.testing import requests_made
from ftrack_orm.values import NOT_LOADED
from ftrack_orm.wire.operations import CreateOperation, DeleteOperation, UpdateOperation
from tests.assertions import existing
from tests.fakes.mutating_transport import MUTATIONS, MutatingTransport
from tests.fakes.transports import InterferingTransport
from tests.production import Connect, Production


@pytest.fixture
def shot(session: Session, production: Production) -> Entity | None:
    return existing(session.get("Shot", production.shots[0]))


@pytest.fixture
def tasks(session: Session, production: Production) -> list[Entity]:
    return (
        session.query("Task")
        .where(f'project_id is "{production.project}"')
        .select("name", "bid")
        .order_by("name")
        .all()
    )


@pytest.fixture
def transport(box: Sandbox) -> InterferingTransport:
    return InterferingTransport(box)


# -- commits -------------------------------------------------------------------------------------------------------


def test_one_request_carries_all_operations_creates_first_and_deletes_last(
    session: Session, other: Session, shot: Entity, tasks: list[Entity]
) -> None:
    new = session.create("Task", name="new", parent=shot)
    session.create("Note", content="look", parent_id=new.id, parent_type="Task", author=session.query("User").first())
    for task in tasks[:5]:
        task.bid = 100
    session.delete(tasks[5])
    kinds = [type(operation) for operation in session.plan()]
    assert kinds == [CreateOperation, CreateOperation, *[UpdateOperation] * 5, DeleteOperation]
    with requests_made(session) as made:
        assert session.commit() == 8
    assert made == 1
    assert (session.created, session.modified, session.deleted) == ([], [], [])
    assert [note.content for note in existing(other.get("Task", new.id)).notes] == ["look"]
    assert existing(other.get("Task", tasks[0].id)).bid == 100
    assert other.get("Task", tasks[5].id) is None


def test_a_commit_without_changes_makes_no_request(session: Session) -> None:
    with requests_made(session) as made:
        assert session.commit() == 0
    assert made == 0


def test_planning_makes_no_request(session: Session, shot: Entity) -> None:
    session.create("Task", name="new", parent=shot)
    with requests_made(session) as made:
        (operation,) = session.plan()
    assert made == 0
    assert isinstance(operation, CreateOperation)
    assert operation.data["parent_id"] == shot.id


def test_values_set_by_the_server_are_loaded_by_the_commit(session: Session, shot: Entity) -> None:
    task = session.create("Task", name="new", parent=shot)
    assert inspect(task).state is Lifecycle.PENDING
    assert not task.status
    session.commit()
    assert inspect(task).state is Lifecycle.PERSISTENT
    with requests_made(session) as made:
        assert task.project_id == shot.project_id
        assert task.status_id is not None
        assert task.parent is shot
        assert isinstance(task.created_at, datetime.datetime)
        assert task.created_at.tzinfo is not None
    assert made == 0
    assert task.status.name == "Not started"


def test_a_new_entity_is_found_by_its_id_before_it_is_sent(session: Session, shot: Entity) -> None:
    task = session.create("Task", name="new", parent=shot)
    assert existing(session.get("Task", task.id)) is task


def test_new_entities_that_refer_to_each_other_are_sent_in_a_valid_order(
    session: Session, other: Session, production: Production
) -> None:
    project = existing(session.get("Project", production.project))
    asset_type = session.query("AssetType").first()
    # In reverse order: each entity is created before the one it refers to.
    version = session.create("AssetVersion", comment="first")
    asset = session.create("Asset", name="model", type=asset_type)
    task = session.create("Task", name="modeling")
    build = session.create("AssetBuild", name="tree", parent=project)
    task.parent = build
    asset.parent = build
    version.asset = asset
    version.task = task
    session.commit()
    assert version.version == 1
    saved = existing(other.get("AssetVersion", version.id))
    assert saved.asset.parent.name == "tree"
    assert saved.task.name == "modeling"


def test_entities_with_composite_keys_are_created_and_deleted(session: Session, other: Session, shot: Entity) -> None:
    note = session.create("Note", content="x", parent_id=shot.id, parent_type="Shot")
    # The server makes the user of the session a recipient anyway (PROTOCOL 8.1).
    user = session.query("User").where(username=session.api_user).one()
    recipient = session.create("Recipient", note=note, recipient=user)
    assert inspect(recipient).identity.key == (note.id, user.id)
    session.commit()
    assert [r.resource_id for r in existing(other.get("Note", note.id)).recipients] == [user.id]
    session.delete(recipient)
    session.commit()
    assert not other.query("Recipient").where(note_id=note.id).exists()


def test_deleting_a_parent_and_its_child_deletes_the_child_first(
    session: Session, shot: Entity, tasks: list[Entity]
) -> None:
    tasks = session.query("Task").where(f'parent_id is "{shot.id}"').select("parent_id").all()
    session.delete(shot)
    for task in tasks:
        session.delete(task)
    assert [operation["entity_type"] for operation in session.plan().as_json()] == ["Task"] * 3 + ["Shot"]
    session.commit()
    assert inspect(shot).state is Lifecycle.DELETED


def test_a_deleted_entity_keeps_loaded_values_and_refuses_changes(session: Session, tasks: list[Entity]) -> None:
    task = tasks[0]
    session.delete(task)
    session.commit()
    assert task.name == "task00"
    with pytest.raises(errors.EntityDeleted):
        _ = task.description
    with pytest.raises(errors.EntityDeleted):
        task.name = "x"
    with pytest.raises(errors.EntityDeleted, match="already"):
        session.delete(task)
    assert session.get("Task", task.id) is None


def test_an_entity_that_is_created_and_deleted_before_the_commit_is_not_sent(session: Session, shot: Entity) -> None:
    task = session.create("Task", name="new", parent=shot)
    session.delete(task)
    assert session.plan() == []
    assert inspect(task).state is Lifecycle.TRANSIENT
    assert session.get("Task", task.id) is None


# -- refusals before anything is recorded -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity_type", "data", "error", "message"),
    [
        ("Taks", {}, errors.UnknownEntityType, "Did you mean 'Task'"),
        ("Task", {"nmae": "x"}, errors.UnknownAttribute, "Did you mean 'name'"),
        ("Task", {"name": 3}, errors.InvalidValue, "text"),
        ("Task", {"link": []}, errors.ReadOnlyAttribute, "computed"),
        ("Recipient", {}, errors.InvalidValue, "needs note_id"),
        ("StatusChange", {}, errors.ReadOnlyAttribute, "cannot be created"),
    ],
)
def test_an_invalid_creation_is_refused_at_once_and_not_recorded(
    session: Session, entity_type: str, data: dict[str, Any], error: type[Exception], message: str
) -> None:
    session.schema  # noqa: B018 - makes the handshake, which the test does not count
    with requests_made(session) as made, pytest.raises(error, match=message):
        session.create(entity_type, data)
    assert made == 0
    assert session.created == []
    assert session.plan() == []


# -- failures --------------------------------------------------------------------------------------------------------


def test_a_refused_commit_keeps_all_changes_and_can_be_corrected(
    session: Session, other: Session, production: Production, shot: Entity, tasks: list[Entity]
) -> None:
    project = existing(session.get("Project", production.project))
    twin = session.create("Project", name=project.name, full_name="Twin", project_schema=project.project_schema)
    tasks[0].name = "renamed"
    session.delete(tasks[1])
    with pytest.raises(errors.IntegrityError):
        session.commit()
    assert session.created == [twin]
    assert session.modified == [tasks[0]]
    assert session.deleted == [tasks[1]]
    assert existing(other.get("Task", tasks[0].id)).name == "task00"
    twin.name = f"{project.name} twin"
    assert session.commit() == 3
    other.close()
    assert session.query("Project").where(f'name is "{twin.name}"').one() is twin


def test_a_lost_response_keeps_the_changes_and_the_outcome_is_unknown(
    connect: Connect, transport: InterferingTransport, production: Production
) -> None:
    session = connect(transport=transport)
    task = existing(session.get("Task", production.tasks[0]))
    task.name = "renamed"
    transport.loses_responses = True
    with pytest.raises(errors.CommitOutcomeUnknown, match="not known whether"):
        session.commit()
    transport.loses_responses = False
    assert session.modified == [task]
    assert session.commit() == 1


def test_an_unexpected_response_keeps_the_changes_and_the_outcome_is_unknown(
    connect: Connect, transport: InterferingTransport, production: Production
) -> None:
    session = connect(transport=transport)
    existing(session.get("Task", production.tasks[0])).name = "renamed"
    transport.replaces_responses = True
    with pytest.raises(errors.CommitOutcomeUnknown, match="<html>"):
        session.commit()
    transport.replaces_responses = False
    assert len(session.modified) == 1


def test_a_commit_that_was_not_sent_keeps_the_changes(
    connect: Connect, transport: InterferingTransport, production: Production
) -> None:
    session = connect(transport=transport)
    existing(session.get("Task", production.tasks[0])).name = "renamed"
    transport.refuses_requests = True
    with pytest.raises(errors.TransportError) as caught:
        session.commit()
    assert not isinstance(caught.value, errors.CommitOutcomeUnknown)
    transport.refuses_requests = False
    assert session.commit() == 1


# -- the lock ---------------------------------------------------------------------------------------------------------


class CountingLock:
    """A context manager that records the depth of each entry, in place of a lock."""

    def __init__(self) -> None:
        self.depth = 0
        self.entries: list[int] = []

    def __enter__(self) -> None:
        self.depth += 1
        self.entries.append(self.depth)

    def __exit__(self, *_: object) -> None:
        self.depth -= 1


def test_commits_rollbacks_and_ensure_hold_the_given_lock(session: Session, production: Production) -> None:
    lock = CountingLock()
    workspace, parts = session._workspace, session._parts
    committer = Committer(workspace, parts.handshake.call)
    work = UnitOfWork(workspace, lambda: committer, make_lock=lambda: lock)
    existing(session.get("Task", production.tasks[0])).bid = 9
    assert work.commit() == 1
    work.rollback()
    assert lock.entries == [1, 1]
    Ensurer(workspace, work).ensure("Task", [{"name": "new", "parent_id": production.shots[0]}], None, commit=True)
    assert lock.entries == [1, 1, 1]
    assert lock.depth == 0


# -- rolling back -----------------------------------------------------------------------------------------------------


def test_rolling_back_restores_values_references_collections_and_mappings(
    session: Session, shot: Entity, tasks: list[Entity]
) -> None:
    status, other_status = session.query("Status").select("name").limit(2).all()
    task = tasks[0]
    before = (task.name, task.status, task.status_id, dict(task.metadata), list(shot.children))
    task.name = "x"
    task.status = other_status if task.status is status else status
    task.metadata["a"] = "1"
    task.description = "never loaded before"
    shot.children.append(tasks[9])
    session.delete(tasks[8])
    new = session.create("Task", name="new", parent=shot)
    session.rollback()
    assert (task.name, task.status, task.status_id, dict(task.metadata), list(shot.children)) == before
    assert (session.created, session.modified, session.deleted) == ([], [], [])
    assert session.plan() == []
    assert inspect(new).state is Lifecycle.TRANSIENT
    with pytest.raises(errors.UsageError, match="rolled back"):
        new.name = "y"
    assert inspect(tasks[8]).state is Lifecycle.PERSISTENT


def test_a_value_that_was_not_loaded_is_loaded_after_rolling_back(session: Session, tasks: list[Entity]) -> None:
    tasks[0].description = "mine"
    assert inspect(tasks[0]).changes["description"].old is NOT_LOADED
    session.rollback()
    assert tasks[0].description is None


def test_a_block_commits_when_it_ends_and_rolls_back_when_it_raises(
    session: Session, other: Session, tasks: list[Entity]
) -> None:
    with session.begin():
        tasks[0].name = "kept"
    with pytest.raises(RuntimeError), session.begin():
        tasks[1].name = "dropped"
        raise RuntimeError
    assert session.modified == []
    assert tasks[1].name == "task01"
    assert existing(other.get("Task", tasks[0].id)).name == "kept"


def test_a_block_whose_commit_is_refused_is_rolled_back(session: Session, production: Production) -> None:
    project = existing(session.get("Project", production.project))
    with pytest.raises(errors.IntegrityError), session.begin():
        session.create("Project", name=project.name, full_name="Twin", project_schema=project.project_schema)
        project.full_name = "changed"
    assert session.plan() == []
    assert project.full_name != "changed"


def test_changes_by_others_do_not_overwrite_an_edit(session: Session, other: Session, tasks: list[Entity]) -> None:
    tasks[0].name = "mine"
    with other.begin():
        existing(other.get("Task", tasks[0].id)).name = "theirs"
    session.query("Task").where(f'id is "{tasks[0].id}"').select("name").all()
    assert tasks[0].name == "mine"
    assert inspect(tasks[0]).changes["name"].old == "theirs"
    session.rollback()
    assert tasks[0].name == "theirs"


@pytest.mark.parametrize("refused", [False, True])
def test_reverting_an_entity_during_its_creation_deletes_or_discards_it(
    connect: Connect, transport: InterferingTransport, other: Session, production: Production, refused: bool
) -> None:
    session = connect(transport=transport)
    shot = existing(session.get("Shot", production.shots[0]))
    task = session.create("Task", name="task00" if refused else "new", parent=shot)

    def revert() -> None:
        session.revert(task)

    transport.meanwhile_once(revert)
    if refused:
        with pytest.raises(errors.ServerError):
            session.commit()
        assert (session.plan(), inspect(task).state) == ([], Lifecycle.TRANSIENT)
    else:
        session.commit()
        assert session.deleted == [task]
        session.commit()
    assert other.get("Task", task.id) is None


def test_reverting_an_attribute_during_the_commit_sets_it_back_with_the_next_one(
    connect: Connect, transport: InterferingTransport, other: Session, production: Production
) -> None:
    session = connect(transport=transport)
    task = session.query("Task").where(id=production.tasks[0]).select("name").one()
    task.name = "mine"

    def revert() -> None:
        session.revert(task, "name")

    transport.meanwhile_once(revert)
    session.commit()
    assert task.name == "task00"
    session.commit()
    assert existing(other.get("Task", task.id)).name == "task00"


# -- answers that cannot be used -----------------------------------------------------------------------------------


@pytest.fixture
def mutating(box: Sandbox) -> MutatingTransport:
    return MutatingTransport(box)


@pytest.mark.parametrize("mutation", ["a zero date", "no type", "an unknown type", "an unhashable type"])
def test_a_commit_whose_answer_cannot_be_merged_is_saved_and_not_sent_again(
    connect: Connect, other: Session, production: Production, mutating: MutatingTransport, mutation: str
) -> None:
    session = connect(transport=mutating)
    deleted, edited, unrelated = (existing(session.get("Task", id_)) for id_ in production.tasks[:3])
    session.delete(deleted)
    edited.bid = 100
    mutating.next_mutation = 0, MUTATIONS[mutation]
    with pytest.raises(errors.ProtocolError, match="its changes are saved"):
        session.commit()
    assert (session.created, session.modified, session.deleted) == ([], [], [])
    unrelated.bid = 200
    assert session.commit() == 1
    assert other.get("Task", deleted.id) is None
    assert [existing(other.get("Task", id_)).bid for id_ in production.tasks[1:3]] == [100, 200]


def test_a_commit_that_is_interrupted_after_the_answer_goes_on_with_the_next_one(
    connect: Connect, other: Session, production: Production, transport: InterferingTransport
) -> None:
    session = connect(transport=transport)
    deleted, unrelated = (existing(session.get("Task", id_)) for id_ in production.tasks[:2])
    session.delete(deleted)

    def interrupt() -> None:
        raise KeyboardInterrupt

    transport.meanwhile_once(interrupt)
    with pytest.raises(KeyboardInterrupt):
        session.commit()
    unrelated.bid = 200
    assert session.commit() == 2
    assert session.deleted == []
    assert other.get("Task", deleted.id) is None
    assert existing(other.get("Task", unrelated.id)).bid == 200


def test_after_rolling_back_an_interrupted_commit_the_values_are_read_again(
    connect: Connect, production: Production, transport: InterferingTransport
) -> None:
    session = connect(transport=transport)
    deleted, edited = (existing(session.get("Task", id_)) for id_ in production.tasks[:2])
    assert (deleted.bid, edited.bid) == (0, 1)
    session.delete(deleted)
    edited.bid = 100

    def interrupt() -> None:
        raise KeyboardInterrupt

    transport.meanwhile_once(interrupt)
    with pytest.raises(KeyboardInterrupt):
        session.commit()
    session.rollback()
    assert edited.bid == 100
    assert session.query("Task").where(id=deleted.id).first() is None
    assert session.commit() == 0


def test_a_block_that_is_interrupted_at_its_end_leaves_its_edits_in_the_common_unit(
    connect: Connect, other: Session, production: Production, transport: InterferingTransport
) -> None:
    session = connect(transport=transport)
    task = existing(session.get("Task", production.tasks[0]))

    def interrupt() -> None:
        raise MemoryError

    transport.meanwhile_once(interrupt)
    with pytest.raises(MemoryError), session.begin():
        task.bid = 100
    assert session._workspace.journals == [session._workspace.common_journal]
    assert session.modified == [task]
    assert session.commit() == 1
    assert session.modified == []
    assert existing(other.get("Task", task.id)).bid == 100
