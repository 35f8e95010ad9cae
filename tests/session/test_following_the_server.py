"""Two sessions: what one commits, the other's loaded entities show, after at most one request and untold."""

import datetime
import threading
import uuid
from collections import Counter

import pytest

from ftrack_orm import errors, inspect
from ftrack_orm.testing import requests_made
from ftrack_orm.wire.operations import are_read_only

PATIENCE = 30


class Heard:
    """Waits until the events of some commits were taken in by a session."""

    def __init__(self, session):
        self._count = 0
        self._tokens = Counter()
        self._written = Counter()
        self._condition = threading.Condition()
        session.event_hub.add_listener(self._hear)

    def _hear(self, event):
        with self._condition:
            self._count += 1
            self._tokens[event.data["clientToken"]] += 1
            self._condition.notify_all()

    def count_writes_of(self, other):
        """From now on, count the requests with which *other* changes something: each is one event."""

        def count(exchange):
            if not are_read_only(exchange.operations):
                self._written[other.settings.client_token] += 1

        other.observe(count)

    def wait_for_all_of(self, other):
        """Wait until all that *other* has written since it is counted has been heard."""
        token = other.settings.client_token
        with self._condition:
            heard_all = self._condition.wait_for(lambda: self._tokens[token] >= self._written[token], PATIENCE)
            assert heard_all, "an event did not come"
            self._count = 0

    def wait_for(self, count=1):
        """Wait for *count* events since the last time."""
        with self._condition:
            assert self._condition.wait_for(lambda: self._count >= count, PATIENCE), "no event came"
            self._count -= count


@pytest.fixture
def follower(session, other, production):
    """A session whose hub is connected, with `heard` to wait on."""
    session.event_hub.connect()
    session.heard = Heard(session)
    session.heard.count_writes_of(other)
    return session


def commit(other, follower):
    other.commit()
    follower.heard.wait_for_all_of(other)


def of_shot(production):
    return "Shot", production.shots[0]


def of_task(production):
    return "Task", production.tasks[0]


def new_name():
    return f"n{uuid.uuid4().hex[:8]}"


def change_status(other, production):
    task = other.get("Task", production.tasks[0])
    task.status = next(s for s in other.query("Status").all() if s is not task.status)


def rename(other, production):
    other.get("Shot", production.shots[0]).name = "renamed"


def describe(other, production):
    other.get("Task", production.tasks[0]).description = "told"


def move(other, production):
    other.get("Shot", production.shots[0]).parent = other.get("Sequence", production.sequences[1])


def add_child(other, production):
    other.create("Task", name=new_name(), parent=other.get("Shot", production.shots[0]))


def remove_child(other, production):
    other.delete(other.get("Task", production.tasks[0]))


def found(session, what, query):
    """Look something up once in each session: tests count what reading costs, not finding."""
    remembered = session.__dict__.setdefault("found", {})
    if what not in remembered:
        remembered[what] = query()
    return remembered[what]


def user(session):
    return found(session, "user", lambda: session.query("User").first())


def assign(other, production):
    other.create("Appointment", context=other.get("Task", production.tasks[0]), resource=user(other), type="assignment")


def unassign(other, production):
    for appointment in list(other.get("Task", production.tasks[0]).assignments):
        other.delete(appointment)


def assigned(other, production):
    assign(other, production)


def link(other, production):
    a, b = (other.get("Shot", id_) for id_ in production.shots[:2])
    other.create("TypedContextLink", {"from": a, "to": b})


def unlink(other, production):
    for each in list(other.get("Shot", production.shots[0]).outgoing_links):
        other.delete(each)


def describe_metadata(other, production):
    other.get("Task", production.tasks[0]).metadata["reviewed"] = "yes"


def with_metadata(other, production):
    other.get("Task", production.tasks[0]).metadata["reviewed"] = "no"


def drop_metadata(other, production):
    del other.get("Task", production.tasks[0]).metadata["reviewed"]


def write_note(other, production):
    other.create("Note", content="look", author=user(other), parent_id=production.tasks[0], parent_type="Task")


def asset_of(session, production):
    return found(session, "asset", lambda: session.query("Asset").where(context_id=production.shots[0]).one())


def with_asset(other, production):
    kind = other.query("AssetType").first()
    other.create("Asset", name=new_name(), parent=other.get("Shot", production.shots[0]), type=kind)


def with_version(other, production):
    with_asset(other, production)
    other.commit()
    other.create("AssetVersion", asset=asset_of(other, production))


def publish(other, production):
    other.create("AssetVersion", asset=asset_of(other, production))


def add_component(other, production):
    version = other.query("AssetVersion").where(asset_id=asset_of(other, production).id).first()
    other.create("FileComponent", name="main", version=version)


def log_time(other, production):
    other.create(
        "Timelog", context_id=production.tasks[0], user=user(other), duration=3600, start=datetime.date(2024, 1, 1)
    )


def ids(entities):
    return sorted(entity.id for entity in entities)


def shot(session, production):
    return session.get("Shot", production.shots[0])


def task(session, production):
    return session.get("Task", production.tasks[0])


def gather(other, production):
    film = other.get("Project", production.project)
    category = other.query("ListCategory").first()
    things = other.create("TypedContextList", name=new_name(), project=film, owner=user(other), category=category)
    things.items.append(other.get("Task", production.tasks[0]))


def list_of(session, production):
    return found(session, "list", lambda: session.query("TypedContextList").where(project_id=production.project).one())


def gather_another(other, production):
    list_of(other, production).items.append(other.get("Task", production.tasks[1]))


def scatter(other, production):
    list_of(other, production).items.clear()


def join_group(other, production):
    group = other.create("Group", name=new_name())
    other.create("Membership", group=group, user=user(other))


def note_of(session, production):
    return found(
        session, "note", lambda: session.query("Note").where(parent_id=production.tasks[0], in_reply_to_id=None).one()
    )


def reply(other, production):
    note = note_of(other, production)
    other.create(
        "Note",
        content="yes",
        author=user(other),
        in_reply_to=note,
        parent_id=note.parent_id,
        parent_type=note.parent_type,
    )


def use_version(other, production):
    first = other.query("AssetVersion").where(asset_id=asset_of(other, production).id).first()
    second = other.create("AssetVersion", asset=asset_of(other, production))
    other.create("AssetVersionLink", {"from": first, "to": second})


def first_version(session, production):
    query = session.query("AssetVersion").where(asset_id=asset_of(session, production).id).order_by("version")
    return found(session, "version", query.first)


def scope(other, production):
    found = other.query("Scope").first() or other.create("Scope", name="local")
    shot(other, production).scopes.append(found)


#: What is done before, what then, and how the follower looks at what it should see.
CASES = {
    "a status": (None, change_status, lambda s, p: task(s, p).status.name),
    "the key of a status": (None, change_status, lambda s, p: task(s, p).status_id),
    "a name": (None, rename, lambda s, p: shot(s, p).name),
    "a description": (None, describe, lambda s, p: task(s, p).description),
    "the link of what is below a renamed entity": (None, rename, lambda s, p: [x["name"] for x in task(s, p).link]),
    "the parent of a moved entity": (None, move, lambda s, p: shot(s, p).parent.id),
    "the children it left": (None, move, lambda s, p: ids(s.get("Sequence", p.sequences[0]).children)),
    "the children it joined": (None, move, lambda s, p: ids(s.get("Sequence", p.sequences[1]).children)),
    "the link of what is below a moved entity": (None, move, lambda s, p: [x["id"] for x in task(s, p).link]),
    "the ancestors of what is below": (None, move, lambda s, p: ids(task(s, p).ancestors)),
    "a new child": (None, add_child, lambda s, p: ids(shot(s, p).children)),
    "a new descendant": (None, add_child, lambda s, p: ids(s.get("Sequence", p.sequences[0]).descendants)),
    "a deleted child": (None, remove_child, lambda s, p: ids(shot(s, p).children)),
    "an assignment": (None, assign, lambda s, p: ids(task(s, p).assignments)),
    "an assignment in all appointments": (None, assign, lambda s, p: ids(task(s, p).appointments)),
    "an assignment of a user": (None, assign, lambda s, p: len(user(s).assignments)),
    "an assignment taken back": (assigned, unassign, lambda s, p: ids(task(s, p).assignments)),
    "a dependency on its way out": (None, link, lambda s, p: ids(shot(s, p).outgoing_links)),
    "a dependency on its way in": (None, link, lambda s, p: ids(s.get("Shot", p.shots[1]).incoming_links)),
    "a dependency taken back": (link, unlink, lambda s, p: ids(shot(s, p).outgoing_links)),
    "a new key of metadata": (None, describe_metadata, lambda s, p: dict(task(s, p).metadata)),
    "a value of metadata": (with_metadata, describe_metadata, lambda s, p: dict(task(s, p).metadata)),
    "a dropped key of metadata": (with_metadata, drop_metadata, lambda s, p: dict(task(s, p).metadata)),
    "an item of a list": (gather, gather_another, lambda s, p: ids(list_of(s, p).items)),
    "the lists of an item": (gather, gather_another, lambda s, p: len(s.get("Task", p.tasks[1]).lists)),
    "an item taken out of a list": (gather, scatter, lambda s, p: ids(list_of(s, p).items)),
    "the lists of an item taken out": (gather, scatter, lambda s, p: len(task(s, p).lists)),
    "a membership": (None, join_group, lambda s, p: len(user(s).memberships)),
    "a reply": (write_note, reply, lambda s, p: len(note_of(s, p).replies)),
    "the versions that use one": (with_version, use_version, lambda s, p: len(first_version(s, p).outgoing_links)),
    "whether a version is the latest": (with_version, publish, lambda s, p: first_version(s, p).is_latest_version),
    "a scope": (None, scope, lambda s, p: ids(shot(s, p).scopes)),
    "a note": (None, write_note, lambda s, p: ids(task(s, p).notes)),
    "an asset": (None, with_asset, lambda s, p: ids(shot(s, p).assets)),
    "a version": (with_asset, publish, lambda s, p: ids(asset_of(s, p).versions)),
    "a component": (with_version, add_component, lambda s, p: [len(v.components) for v in asset_of(s, p).versions]),
    "a time log": (None, log_time, lambda s, p: ids(task(s, p).timelogs)),
    "the time logged": (None, log_time, lambda s, p: task(s, p).time_logged),
}

#: Looks that pass over several collections, with the requests they need.
TWO_STEPS = {"a component": 2}


@pytest.mark.parametrize("case", CASES)
def test_a_loaded_entity_shows_what_somebody_else_changed(follower, other, connect, production, case):
    before, change, look = CASES[case]
    if before is not None:
        before(other, production)
        commit(other, follower)
    held = [task(follower, production), shot(follower, production), look(follower, production)]
    change(other, production)
    commit(other, follower)
    with follower.profile() as profile:
        shown = look(follower, production)
    assert shown == look(connect(), production)
    assert shown != held[2]
    assert len(profile) <= TWO_STEPS.get(case, 1)


def test_peers_that_changed_come_with_one_request(follower, other, production):
    query = follower.query("Task").where(parent_id=production.shots[0]).select("name", "bid")
    mine = query.all()
    for theirs in other.query("Task").where(parent_id=production.shots[0]):
        theirs.bid = 99
    commit(other, follower)
    with requests_made(follower) == 1:
        assert [task.bid for task in mine] == [99, 99, 99]


def test_a_held_collection_follows_and_stays_the_one_object(follower, other, production):
    children = shot(follower, production).children
    before = ids(children)
    add_child(other, production)
    commit(other, follower)
    assert shot(follower, production).children is children
    with requests_made(follower) == 1:
        assert len(children) == len(before) + 1
    children.append(follower.create("Task", name=new_name(), parent=shot(follower, production)))
    follower.commit()
    assert len(children) == len(before) + 2


def test_printing_a_collection_that_is_behind_asks_nothing(follower, other, production):
    children = shot(follower, production).children
    len(children)
    add_child(other, production)
    commit(other, follower)
    with requests_made(follower) == 0:
        repr(children)


def test_adding_to_a_mapping_that_is_behind_keeps_what_came(follower, other, production):
    metadata = task(follower, production).metadata
    assert dict(metadata) == {}
    describe_metadata(other, production)
    commit(other, follower)
    metadata["mine"] = "too"
    follower.commit()
    assert dict(metadata) == {"reviewed": "yes", "mine": "too"}


def test_an_edit_stays_and_rolling_back_shows_the_news(follower, other, production):
    mine = task(follower, production)
    assert not mine.description
    mine.description = "mine"
    describe(other, production)
    commit(other, follower)
    assert mine.description == "mine"
    follower.rollback()
    assert mine.description == "told"


def test_setting_back_what_somebody_changed_meanwhile_is_a_change(follower, other, production):
    mine = task(follower, production)
    before = mine.bid
    mine.bid = 50
    task(other, production).bid = 60
    commit(other, follower)
    mine.bid = before
    assert follower.modified == [mine]
    follower.commit()
    other.refresh(task(other, production), "bid")
    assert task(other, production).bid == before


def test_a_conflict_is_told_of_an_edit_that_news_came_for(follower, other, production):
    mine = task(follower, production)
    assert not mine.description
    mine.description = "mine"
    describe(other, production)
    commit(other, follower)
    with pytest.raises(errors.CommitConflict):
        follower.commit(on_conflict="raise")


def test_a_deleted_entity_is_known_to_be_deleted(follower, other, production):
    mine = task(follower, production)
    remove_child(other, production)
    commit(other, follower)
    assert inspect(mine).state.value == "deleted"
    assert follower.get("Task", production.tasks[0]) is None
    with pytest.raises(errors.EntityDeleted):
        mine.name = "late"


def test_an_edit_of_what_somebody_deleted_is_not_lost_silently(follower, other, production):
    mine = task(follower, production)
    mine.name = "mine"
    remove_child(other, production)
    commit(other, follower)
    assert follower.modified == [mine]
    with pytest.raises(errors.ServerError):
        follower.commit()


def test_what_the_fetch_mode_forbids_to_fetch_is_said_to_have_changed(follower, other, production):
    mine = task(follower, production)
    rename_task = other.get("Task", production.tasks[0])
    rename_task.name = "other"
    commit(other, follower)
    with follower.fetching("never"), pytest.raises(errors.NotFetched, match="has changed on the server"):
        mine.name  # noqa: B018 - reading is what raises


def test_own_commits_cost_no_request(follower, production):
    mine = task(follower, production)
    children = shot(follower, production).children
    len(children)
    mine.name = "mine"
    follower.create("Task", name=new_name(), parent=shot(follower, production))
    follower.commit()
    follower.heard.wait_for()
    with requests_made(follower) == 0:
        assert mine.name == "mine"
        assert len(children) == 4


def test_what_was_sent_past_the_entities_is_news_to_them(follower, production):
    mine = task(follower, production)
    data = {"__entity_type__": "Task", "name": "raw"}
    follower.call([{"action": "update", "entity_type": "Task", "entity_key": [mine.id], "entity_data": data}])
    follower.heard.wait_for()
    assert mine.name == "raw"


def test_after_a_gap_everything_is_read_again(box, connect, production):
    # Catching up asks for events, which are not to be counted here.
    follower = connect(catch_up_events=False)
    follower.event_hub.connect()
    query = follower.query("Task").where(parent_id=production.shots[0]).select("name", "bid")
    mine = query.order_by("name").all()
    again = threading.Event()
    follower.event_hub.on_gap(again.set)
    box.events.drop_connections()
    assert again.wait(PATIENCE)
    with requests_made(follower) == 1:
        assert [task.bid for task in mine] == [0, 1, 2]


def test_news_between_a_question_and_its_answer_is_not_overwritten(connect, other, production):
    late = {}

    def change(exchange):
        if late.pop("armed", None):
            task(other, production).bid = 77
            other.commit()
            late["follower"].heard.wait_for()

    follower = connect()
    mine = task(follower, production)
    follower.event_hub.connect()
    late["follower"] = follower
    follower.heard = Heard(follower)
    # Observers are called when the answer is there and not merged yet: what comes now is newer than the answer.
    follower.observe(change)
    follower.expire(mine)
    late["armed"] = True
    assert mine.bid == 77


@pytest.fixture
def changes(follower):
    """What `on_change` told, with a wait for some number of calls."""
    told, condition = [], threading.Condition()

    def hear(entity, names):
        with condition:
            told.append((entity, names))
            condition.notify_all()

    def wait(count):
        with condition:
            assert condition.wait_for(lambda: len(told) >= count, PATIENCE)
            return told

    hear.wait, hear.told = wait, told
    return hear


def test_a_change_is_told_with_the_names_that_changed(follower, other, production, changes):
    mine = task(follower, production)
    follower.on_change("Context", changes, attributes=["description"])
    rename(other, production)
    describe(other, production)
    commit(other, follower)
    assert changes.wait(1) == [(mine, frozenset({"description"}))]


def test_a_change_is_told_only_where_the_criterion_holds(follower, other, production, changes):
    Task = follower.types.Task
    follower.on_change(Task, changes, where=Task.parent.name == "sh1")
    for id_ in (production.tasks[0], production.tasks[3]):
        other.get("Task", id_).bid = 5
    commit(other, follower)
    ((entity, names),) = changes.wait(1)
    assert entity.id == production.tasks[3]
    assert names == {"bid"}


def test_a_deletion_is_told_with_the_object_that_was_held(follower, other, production, changes):
    mine = task(follower, production)
    follower.on_change("Task", changes)
    remove_child(other, production)
    commit(other, follower)
    assert changes.wait(1)[0][0] is mine
    assert inspect(mine).state.value == "deleted"


def test_nothing_is_told_after_cancelling(follower, other, production, changes):
    first = follower.on_change("Task", changes)
    first.cancel()
    first.cancel()
    heard = threading.Event()
    follower.on_change("Task", lambda entity, names: heard.set())
    describe(other, production)
    commit(other, follower)
    assert heard.wait(PATIENCE)
    assert changes.told == []


def test_attributes_that_do_not_exist_are_refused(follower, changes):
    with pytest.raises(errors.UnknownAttribute, match="status"):
        follower.on_change("Task", changes, attributes=["statsu"])


def configure(other, production, **details):
    kind = other.query("CustomAttributeType").where(name="text").one()
    key = f"key_{new_name()}"
    data = {"key": key, "label": key, "entity_type": "show", "project_id": production.project, "type": kind}
    other.create("CustomAttributeConfiguration", {**data, "default": "as ever", "config": "{}", **details})
    other.commit()
    return key


def test_custom_attributes_follow(follower, other, production):
    number = other.query("ObjectType").where(name="Task").one().id
    key = configure(other, production, entity_type="task", object_type_id=number)
    follower.heard.wait_for()
    customs = task(follower, production).custom_attributes
    assert customs[key] == "as ever"
    task(other, production).custom_attributes[key] = "new"
    commit(other, follower)
    with requests_made(follower) == 1:
        assert customs[key] == "new"


def test_a_custom_attribute_inherited_from_above_follows(follower, other, production):
    key = configure(other, production, is_hierarchical=True)
    follower.heard.wait_for()
    customs = task(follower, production).custom_attributes
    assert customs.get(key, inherited=True).value == "as ever"
    other.get("Sequence", production.sequences[0]).custom_attributes[key] = "from above"
    commit(other, follower)
    assert customs.get(key, inherited=True).value == "from above"
