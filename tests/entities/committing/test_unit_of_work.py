"""Committing, refusals, lost answers and rolling back: nothing is lost and nothing is doubled."""

import datetime

import pytest

from ftrack_orm import errors, inspect
from ftrack_orm.entities.entity import Lifecycle
from ftrack_orm.settings import Settings
from ftrack_orm.testing import requests_made
from ftrack_orm.transport.base import Response
from ftrack_orm.transport.http import HttpTransport
from ftrack_orm.values import NOT_LOADED
from ftrack_orm.wire.operations import CreateOperation, DeleteOperation, UpdateOperation


@pytest.fixture
def shot(session, production):
    return session.get("Shot", production.shots[0])


@pytest.fixture
def tasks(session, production):
    return (
        session.query("Task")
        .where(f'project_id is "{production.project}"')
        .select("name", "bid")
        .order_by("name")
        .all()
    )


class Interfering:
    """A real transport that calls *meanwhile* between sending and answering, or loses, spoils or forbids answers."""

    def __init__(self, box):
        self._real = HttpTransport(Settings(server_url=box.url, api_user=box.api_user, api_key=box.api_key))
        self.meanwhile = lambda: None
        self.lose = self.spoil = self.forbid = False

    def send(self, request, cancellation=None):
        if self.forbid:
            raise errors.TransportError("The connection was refused.", safe_to_retry=True)
        answer = self._real.send(request, cancellation)
        self.meanwhile()
        if self.lose:
            raise errors.TransportError("The connection was lost.", safe_to_retry=False)
        return Response(200, {}, b"<html>proxy</html>") if self.spoil else answer

    def close(self):
        self._real.close()


@pytest.fixture
def line(box):
    return Interfering(box)


# -- what a commit does ---------------------------------------------------------------------------------------------


def test_everything_goes_in_one_request_creates_first_deletes_last(session, other, shot, tasks):
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
    assert [note.content for note in other.get("Task", new.id).notes] == ["look"]
    assert other.get("Task", tasks[0].id).bid == 100
    assert other.get("Task", tasks[5].id) is None


def test_nothing_to_commit_is_no_request(session):
    with requests_made(session) as made:
        assert session.commit() == 0
    assert made == 0


def test_planning_asks_nothing(session, shot):
    session.create("Task", name="new", parent=shot)
    with requests_made(session) as made:
        (operation,) = session.plan()
    assert made == 0
    assert operation.data["parent_id"] == shot.id


def test_what_the_server_filled_in_is_on_the_objects_without_another_request(session, shot):
    task = session.create("Task", name="new", parent=shot)
    assert inspect(task).state is Lifecycle.PENDING
    assert task.status is None
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


def test_a_new_entity_is_found_by_its_id_before_it_is_sent(session, shot):
    task = session.create("Task", name="new", parent=shot)
    assert session.get("Task", task.id) is task


def test_new_entities_refer_to_each_other_and_are_sent_in_the_order_that_works(session, other, production):
    project = session.get("Project", production.project)
    asset_type = session.query("AssetType").first()
    # Made in the wrong order on purpose: each is created before what it refers to is assigned.
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
    seen = other.get("AssetVersion", version.id)
    assert seen.asset.parent.name == "tree"
    assert seen.task.name == "modeling"


def test_types_with_longer_keys_are_created_and_deleted(session, other, shot):
    note = session.create("Note", content="x", parent_id=shot.id, parent_type="Shot")
    user = session.query("User").first()
    recipient = session.create("Recipient", note=note, recipient=user)
    assert inspect(recipient).identity.key == (note.id, user.id)
    session.commit()
    assert [r.resource_id for r in other.get("Note", note.id).recipients] == [user.id]
    session.delete(recipient)
    session.commit()
    assert not other.query("Recipient").where(note_id=note.id).exists()


def test_deleting_a_parent_and_its_child_deletes_the_child_first(session, shot, tasks):
    tasks = session.query("Task").where(f'parent_id is "{shot.id}"').select("parent_id").all()
    session.delete(shot)
    for task in tasks:
        session.delete(task)
    assert [op.entity_type for op in session.plan()] == ["Task"] * 3 + ["Shot"]
    session.commit()
    assert inspect(shot).state is Lifecycle.DELETED


def test_a_deleted_entity_keeps_what_was_loaded_and_refuses_the_rest(session, tasks):
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


def test_created_and_deleted_before_the_commit_is_nothing(session, shot):
    task = session.create("Task", name="new", parent=shot)
    session.delete(task)
    assert session.plan() == []
    assert inspect(task).state is Lifecycle.TRANSIENT
    assert session.get("Task", task.id) is None


# -- refusals before anything is recorded -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity_type", "data", "error", "said"),
    [
        ("Taks", {}, errors.UnknownEntityType, "Did you mean 'Task'"),
        ("Task", {"nmae": "x"}, errors.UnknownAttribute, "Did you mean 'name'"),
        ("Task", {"name": 3}, errors.InvalidValue, "text"),
        ("Task", {"link": []}, errors.ReadOnlyAttribute, "computed"),
        ("Recipient", {}, errors.InvalidValue, "needs note_id"),
        ("StatusChange", {}, errors.ReadOnlyAttribute, "cannot be created"),
    ],
)
def test_a_wrong_creation_is_refused_at_once_and_leaves_nothing(session, entity_type, data, error, said):
    session.schema  # noqa: B018 - asked for before what is counted or cut
    with requests_made(session) as made, pytest.raises(error, match=said):
        session.create(entity_type, data)
    assert made == 0
    assert session.created == []
    assert session.plan() == []


# -- when it goes wrong -----------------------------------------------------------------------------------------------


def test_a_refused_commit_leaves_everything_recorded_and_can_be_mended(session, other, production, shot, tasks):
    project = session.get("Project", production.project)
    twin = session.create("Project", name=project.name, full_name="Twin", project_schema=project.project_schema)
    tasks[0].name = "renamed"
    session.delete(tasks[1])
    with pytest.raises(errors.IntegrityError):
        session.commit()
    assert session.created == [twin]
    assert session.modified == [tasks[0]]
    assert session.deleted == [tasks[1]]
    assert other.get("Task", tasks[0].id).name == "task00"
    twin.name = f"{project.name} twin"
    assert session.commit() == 3
    other.close()
    assert session.query("Project").where(f'name is "{twin.name}"').one() is twin


def test_a_lost_answer_keeps_the_changes_and_says_that_the_outcome_is_unknown(connect, line, production):
    session = connect(transport=line)
    task = session.get("Task", production.tasks[0])
    task.name = "renamed"
    line.lose = True
    with pytest.raises(errors.CommitOutcomeUnknown, match="not known whether"):
        session.commit()
    line.lose = False
    assert session.modified == [task]
    assert session.commit() == 1


def test_a_strange_answer_to_a_commit_leaves_the_outcome_unknown_too(connect, line, production):
    session = connect(transport=line)
    session.get("Task", production.tasks[0]).name = "renamed"
    line.spoil = True
    with pytest.raises(errors.CommitOutcomeUnknown, match="<html>"):
        session.commit()
    line.spoil = False
    assert len(session.modified) == 1


def test_a_commit_that_was_never_sent_says_so_and_keeps_the_changes(connect, line, production):
    session = connect(transport=line)
    session.get("Task", production.tasks[0]).name = "renamed"
    line.forbid = True
    with pytest.raises(errors.TransportError) as caught:
        session.commit()
    assert not isinstance(caught.value, errors.CommitOutcomeUnknown)
    line.forbid = False
    assert session.commit() == 1


# -- while a commit is on its way -------------------------------------------------------------------------------------


def test_edits_made_while_the_server_works_stay_for_the_next_commit(connect, line, other, production):
    session = connect(transport=line)
    task = session.get("Task", production.tasks[0])
    task.name = "first"

    def edit():
        line.meanwhile = lambda: None
        task.name = "second"
        task.bid = 9

    line.meanwhile = edit
    session.commit()
    assert task.name == "second"
    assert inspect(task).changes["name"].old == "first"
    assert session.commit() == 1
    seen = other.get("Task", task.id)
    assert (seen.name, seen.bid) == ("second", 9)


def test_setting_back_while_the_server_works_is_an_edit(connect, line, other, production):
    session = connect(transport=line)
    task = session.query("Task").where(f'id is "{production.tasks[0]}"').select("name").one()
    task.name = "first"

    def undo():
        line.meanwhile = lambda: None
        task.name = "task00"

    line.meanwhile = undo
    session.commit()
    assert task.name == "task00"
    session.commit()
    assert other.get("Task", task.id).name == "task00"


def test_edits_of_an_entity_that_is_being_created_are_updates_of_the_next_commit(connect, line, other, production):
    session = connect(transport=line)
    task = session.create("Task", name="new", parent=session.get("Shot", production.shots[0]))

    def edit():
        line.meanwhile = lambda: None
        task.name = "renamed"
        task.metadata["a"] = "1"

    line.meanwhile = edit
    session.commit()
    assert session.modified == [task]
    assert [type(operation) for operation in session.plan()] == [CreateOperation, UpdateOperation]
    session.commit()
    seen = other.get("Task", task.id)
    assert (seen.name, dict(seen.metadata)) == ("renamed", {"a": "1"})


def test_a_reference_loaded_while_its_key_is_being_sent_is_no_edit(connect, line, production):
    session = connect(transport=line)
    task = session.query("Task").where(f'id is "{production.tasks[0]}"').select("parent_id").one()
    task.parent_id = production.shots[3]

    def look():
        line.meanwhile = lambda: None
        assert task.parent.name == "sh3"

    line.meanwhile = look
    session.commit()
    assert (session.modified, session.plan()) == ([], [])
    assert task.parent.id == production.shots[3]


def test_a_reference_set_while_another_key_is_being_sent_is_an_edit_with_its_key(connect, line, other, production):
    session = connect(transport=line)
    task = session.query("Task").where(f'id is "{production.tasks[0]}"').select("parent_id").one()
    shot = session.get("Shot", production.shots[2])
    task.parent_id = production.shots[3]

    def edit():
        line.meanwhile = lambda: None
        task.parent = shot

    line.meanwhile = edit
    session.commit()
    assert [operation.data for operation in session.plan()] == [{"parent_id": shot.id}]
    session.revert(task, "parent")
    assert (task.parent_id, task.parent.id) == (production.shots[3], production.shots[3])
    assert session.modified == []


def test_collections_of_a_new_entity_that_nobody_edited_are_read_from_the_server_after_the_commit(
    connect, line, other, production
):
    session = connect(transport=line)
    shot = session.create("Shot", name="new", parent=session.get("Sequence", production.sequences[0]))
    assert (list(shot.children), list(shot.notes)) == ([], [])

    def work():
        line.meanwhile = lambda: None
        shot.description = "edited meanwhile"
        other.create("Task", name="somebody's", parent_id=shot.id)
        other.commit()

    line.meanwhile = work
    session.commit()
    assert [child.name for child in shot.children] == ["somebody's"]
    assert session.modified == [shot]


def test_an_empty_collection_of_a_changed_entity_stays_loaded(session, shot, tasks):
    assert list(tasks[0].notes) == []
    tasks[0].bid = 3600
    session.commit()
    with requests_made(session) == 0:
        assert list(tasks[0].notes) == []


def test_an_entity_deleted_while_it_is_being_created_is_deleted_by_the_next_commit(connect, line, other, production):
    session = connect(transport=line)
    task = session.create("Task", name="new", parent=session.get("Shot", production.shots[0]))

    def delete():
        line.meanwhile = lambda: None
        session.delete(task)

    line.meanwhile = delete
    session.commit()
    assert session.deleted == [task]
    session.commit()
    assert other.get("Task", task.id) is None


def test_an_entity_deleted_while_its_refused_creation_is_on_its_way_is_forgotten(connect, line, production):
    session = connect(transport=line)
    project = session.get("Project", production.project)
    twin = session.create("Project", name=project.name, full_name="Twin", project_schema=project.project_schema)

    def delete():
        line.meanwhile = lambda: None
        session.delete(twin)

    line.meanwhile = delete
    with pytest.raises(errors.IntegrityError):
        session.commit()
    assert (session.created, session.deleted, session.plan()) == ([], [], [])
    assert inspect(twin).state is Lifecycle.TRANSIENT


@pytest.mark.parametrize("read", ["query", "attribute"])
def test_an_answer_older_than_a_commit_does_not_bring_old_values_back(connect, line, production, read):
    session = connect(transport=line)
    task = session.query("Task").where(id=production.tasks[0]).select("name").one()

    def commit_while_the_answer_is_on_its_way():
        line.meanwhile = lambda: None
        task.name = "newer"
        session.commit()

    line.meanwhile = commit_while_the_answer_is_on_its_way
    if read == "query":
        session.query("Task").where(id=task.id).select("name", "bid").one()
    else:
        _ = task.bid
    assert task.name == "newer"
    assert inspect(task).loaded["bid"] == 0  # what was not known is taken all the same
    session.refresh(task)
    assert task.name == "newer"


# -- rolling back -----------------------------------------------------------------------------------------------------


def test_rolling_back_restores_values_references_collections_and_mappings(session, shot, tasks):
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


def test_what_was_not_loaded_is_loaded_again_after_rolling_back(session, tasks):
    tasks[0].description = "mine"
    assert inspect(tasks[0]).changes["description"].old is NOT_LOADED
    session.rollback()
    assert tasks[0].description is None


def test_a_block_commits_when_it_ends_and_rolls_back_when_it_raises(session, other, tasks):
    with session.begin():
        tasks[0].name = "kept"
    with pytest.raises(RuntimeError), session.begin():
        tasks[1].name = "dropped"
        raise RuntimeError
    assert session.modified == []
    assert tasks[1].name == "task01"
    assert other.get("Task", tasks[0].id).name == "kept"


def test_a_block_whose_commit_is_refused_is_rolled_back(session, production):
    project = session.get("Project", production.project)
    with pytest.raises(errors.IntegrityError), session.begin():
        session.create("Project", name=project.name, full_name="Twin", project_schema=project.project_schema)
        project.full_name = "changed"
    assert session.plan() == []
    assert project.full_name != "changed"


def test_what_others_changed_does_not_overwrite_an_edit(session, other, tasks):
    tasks[0].name = "mine"
    with other.begin():
        other.get("Task", tasks[0].id).name = "theirs"
    session.query("Task").where(f'id is "{tasks[0].id}"').select("name").all()
    assert tasks[0].name == "mine"
    assert inspect(tasks[0]).changes["name"].old == "theirs"
    session.rollback()
    assert tasks[0].name == "theirs"


@pytest.mark.parametrize("refused", [False, True])
def test_reverting_an_entity_while_it_is_being_created_deletes_it_or_forgets_it(
    connect, line, other, production, refused
):
    session = connect(transport=line)
    shot = session.get("Shot", production.shots[0])
    task = session.create("Task", name="task00" if refused else "new", parent=shot)

    def revert():
        line.meanwhile = lambda: None
        session.revert(task)

    line.meanwhile = revert
    if refused:
        with pytest.raises(errors.ServerError):
            session.commit()
        assert (session.plan(), inspect(task).state) == ([], Lifecycle.TRANSIENT)
    else:
        session.commit()
        assert session.deleted == [task]
        session.commit()
    assert other.get("Task", task.id) is None


def test_reverting_an_attribute_while_it_is_being_sent_sets_it_back_with_the_next_commit(
    connect, line, other, production
):
    session = connect(transport=line)
    task = session.query("Task").where(id=production.tasks[0]).select("name").one()
    task.name = "mine"

    def revert():
        line.meanwhile = lambda: None
        session.revert(task, "name")

    line.meanwhile = revert
    session.commit()
    assert task.name == "task00"
    session.commit()
    assert other.get("Task", task.id).name == "task00"
