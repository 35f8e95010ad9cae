"""Code that is right: no checker finds anything here, and the types are those stated.

The package `studio` is written by the tests from `studio_content.py`.
"""

from __future__ import annotations

import datetime
import uuid
from typing import Any, TypeVar

from studio import (
    Appointment,
    Asset,
    AssetVersion,
    Component,
    Context,
    Job,
    Note,
    Priority,
    PriorityName,
    Project,
    Schema2DSeriesTaskStatusName,
    Session,
    Shot,
    Status,
    StatusName,
    Task,
    TaskTypeName,
    Timer,
    TypedContextLink,
    User,
    VFXTaskStatusName,
)
from typing_extensions import assert_type

import ftrack_orm
from ftrack_orm import (
    CriterionExpression,
    Entity,
    InheritedValue,
    MappedCollection,
    Query,
    and_,
    attr,
    inspect,
    not_,
    or_,
)
from ftrack_orm.typing.queries import TypedQuery

E = TypeVar("E", bound=Entity)


def reading(session: Session, task: Task, shot: Shot) -> None:
    assert_type(task.name, str)
    assert_type(task.bid, float)
    assert_type(task.end_date, datetime.datetime)
    assert_type(task.status, Status)
    assert_type(task.status.name, StatusName)
    assert_type(task.parent, Context)
    assert_type(task.parent.parent.name, str)
    assert_type(task.project.name, str)
    assert_type(task.assignments[0], Appointment)
    assert_type(task.metadata, MappedCollection)
    assert_type(task.link[0]["name"], str)
    for version in shot.assets[0].versions:
        assert_type(version, AssetVersion)
        assert_type(version.version, int)
        assert_type(version.asset.parent.name, str)
    assert_type([child.name for child in shot.children], "list[str]")
    assert_type(shot.children[1:], "list[Context]")
    parent = task.parent
    if isinstance(parent, Shot):
        assert_type(parent, Shot)
        assert_type(parent.custom_attributes["fstart"], int)
    assert_type(inspect(task).path, str)
    print(task["name"] == "anim")


def criteria(jane: User, done: Status, shots: list[Shot]) -> None:
    yesterday = datetime.datetime.now(datetime.timezone.utc)
    assert_type(Task.status.name == "Done", CriterionExpression)
    assert_type(Task["status"].name == "Done", CriterionExpression)
    assert_type("status" in Task, bool)
    assert_type(Task.status.name != None, CriterionExpression)  # noqa: E711  # as in any query
    assert_type(Task.status.name.in_(["Done", "In progress"]), CriterionExpression)
    assert_type(Task.status.name.like("In%"), CriterionExpression)
    assert_type(Task.status == done, CriterionExpression)
    assert_type(Task.status.in_([done]), CriterionExpression)
    assert_type(Task.parent.parent.name.in_(["sq010"]), CriterionExpression)
    assert_type(Task.parent == shots[0], CriterionExpression)
    assert_type(Task.parent.in_(shots), CriterionExpression)
    assert_type(Task.parent[Shot].status.name == "Done", CriterionExpression)
    assert_type(Task.parent[Shot].custom_attributes["fstart"] > 1000, CriterionExpression)
    assert_type(Task.parent[Shot].assets.versions.version > 1, CriterionExpression)
    assert_type(Task.assignments.any(resource=jane), CriterionExpression)
    assert_type(Task.assignments.any(), CriterionExpression)
    assert_type(Task.parent.has(name="sh010"), CriterionExpression)
    assert_type(Shot.children.any(Context.name == "anim", name="anim"), CriterionExpression)
    assert_type(Shot.children[Task].any(Task.name == "anim", name="anim"), CriterionExpression)
    assert_type(Shot.children[Task].status.name == "Done", CriterionExpression)
    assert_type(Task.id == uuid.UUID(int=1), CriterionExpression)
    assert_type(Task.assignments.resource.id.is_not(None), CriterionExpression)
    assert_type((Task.bid > 8) & (Task.bid <= 8.5), CriterionExpression)
    assert_type(Task.end_date > "2024-05-01", CriterionExpression)
    assert_type(Task.end_date.before(yesterday), CriterionExpression)
    assert_type(Task.end_date == yesterday.date(), CriterionExpression)
    assert_type(Task.description.contains("fire"), CriterionExpression)
    assert_type(Task.metadata["reviewed"] == "yes", CriterionExpression)
    assert_type(Task.metadata.any(key="reviewed"), CriterionExpression)
    assert_type(Shot.custom_attributes["lens"] >= 35, CriterionExpression)
    assert_type(Shot.custom_attributes["work"] == "roto", CriterionExpression)
    assert_type(Shot.custom_attributes["delivery"].after("2024-05-01"), CriterionExpression)
    assert_type(TypedContextLink.from_.name == "sh010", CriterionExpression)
    assert_type(Job.status.in_(["running", "failed"]), CriterionExpression)
    assert_type(~or_(Task.name == "a", not_(attr("bid") > 1)), CriterionExpression)


def querying(session: Session) -> None:
    Types = session.types
    assert_type(Types.Task, "type[Task]")
    query = session.query(Task).where(Types.Task.status.name == "Done", and_(Task.bid > 8, Task.name == "anim"))
    assert_type(query, TypedQuery[Task])
    as_any_query: Query[Task] = query
    query = query.where("name is anim", name="anim").select(Task.name, "bid", Task.status.name, Task.metadata)
    query = query.order_by(Task.end_date.desc(), "name", Task.priority.name).limit(5).offset(1)
    assert_type(query, TypedQuery[Task])
    assert_type(query.one(), Task)
    grouped = session.query(Task).group_by(Task.type.name).select(tasks=Task.id.count(), bid=Task.bid.sum())
    assert_type(grouped.having(Task.id.count() > 3).order_by(Task.bid.max().desc()).all(), list[dict[str, Any]])
    assert_type(query.rows("name", status=Task.status.name), list[tuple[Any, ...]])
    assert_type(query.first(), "Task | None")
    assert_type(query.all(), "list[Task]")
    assert_type(query[10:20], "list[Task]")
    assert_type([task.name for task in query], "list[str]")
    assert_type(session.query(Asset).where(Asset.parent.in_(session.query(Shot))).count(), int)
    assert_type(session.search(Shot, "sh010"), TypedQuery[Shot])
    assert_type(session.get(Task, "id"), "Task | None")
    assert_type(session.reference(User, "id"), User)
    for user in session.query(User).where(User.username.startswith("j")):
        assert_type(user.assignments[0], Appointment)
    session.populate(query.all(), Task.status.name, "parent.name", Task.parent[Shot].status)
    assert_type(query.update({"bid": 8}), int)
    assert_type(session.all(query, as_any_query), "list[list[Task]]")


def comparing_by_name(session: Session, done: Status, shot: Shot, values: dict[str, Any], name: str) -> None:
    query = session.query(Task)
    assert_type(query.where(), TypedQuery[Task])
    assert_type(query.where(status=done, parent=shot, bid=3, description=None), TypedQuery[Task])
    assert_type(query.where(status_id=uuid.UUID(int=1), end_date="2024-05-01").where(name="anim"), TypedQuery[Task])
    assert_type(query.where(Task.bid > 3, "name is anim", name="anim"), TypedQuery[Task])
    assert_type(query.where(*[Task.bid > 3], **values), TypedQuery[Task])
    assert_type(query.populate_existing().fetching("one").search("anim").where(name="anim").all(), "list[Task]")
    assert_type(query.group_by("name").where(name="anim").all(), list[dict[str, Any]])
    assert_type(session.query(TypedContextLink).where(from_=shot), TypedQuery[TypedContextLink])
    assert_type(session.query(Status).where(name="Done"), TypedQuery[Status])
    assert_type(session.query("Task where bid > 3").where(name="anim", of_any_name=3), Query[Any])
    assert_type(session.query(session.types["2D"]).where("name is x", of_any_name=3).all(), list[Any])
    assert_type(session.query(session.types[name]).where(Task.bid > 3, of_any_name=3).all(), list[Any])


def naming_types_in_text(session: Session, name: str) -> None:
    assert_type(session.query("Task"), TypedQuery[Task])
    assert_type(session.query("Task", 50, check=False, timeout=5).where(name="anim").one(), Task)
    assert_type(session.query("Shot").first(), "Shot | None")
    assert_type(session.query("Task where bid > 3"), Query[Any])
    assert_type(session.query(expression="Task where bid > 3"), Query[Any])
    assert_type(session.query(name), Query[Any])
    assert_type(session.query(session.query("Task")), TypedQuery[Task])
    assert_type(session.search("Shot", "sh010", object_types=["Shot"]), TypedQuery[Shot])
    assert_type(session.search(name, "sh010"), Query[Any])
    assert_type(session.get("Task", "id"), "Task | None")
    assert_type(session.get("Task", entity_key=["id"]), "Task | None")
    assert_type(session.get(name, "id"), "Entity | None")
    assert_type(session.reference("User", "id"), User)
    assert_type(session.reference(name, "id"), Entity)
    assert_type(session.ensure("User", {"username": "jane"}, ["username"], commit=False), User)
    assert_type(session.ensure(name, {"username": "jane"}), Entity)
    assert_type(session.ensure_many("User", [{"username": "jane"}]), "list[User]")
    assert_type(session.ensure_many(name, [{"username": "jane"}]), "list[Entity]")
    assert_type(session.types["Task"], "type[Task]")
    assert_type(session.create(session.types["Task"], name="anim"), Task)
    assert_type(session.create("Task", name="anim"), Entity)


def changing(session: Session, task: Task, shot: Shot, done: Status, jane: User) -> None:
    done = task.project.vocabulary.statuses["Done"]
    assert_type(done, Status)
    assert_type(list(task.project.vocabulary.types), list[str])
    task.name = "comp"
    task.bid = 3
    task.status = done
    task.description = None
    task.end_date = datetime.datetime(2024, 5, 1, tzinfo=datetime.timezone.utc)
    task.end_date = "2024-05-01"
    assert_type(task.end_date, datetime.datetime)
    task.end_date = None
    assert_type(task.end_date, datetime.datetime)
    done.name = "A new name"
    task["bid"] = 4
    task.metadata["reviewed"] = "yes"
    task.metadata = {"reviewed": "yes"}
    shot.assets.append(session.create(Asset, name="plate", parent=shot))
    shot.notes = []
    assert_type(shot.notes[0], Note)
    new = session.create(Task, name="anim", parent=shot, bid=3.5, custom_attributes={"is_final": True})
    assert_type(new, Task)
    assert_type(session.create(Task, {"name": "anim"}), Task)
    assert_type(session.create(TypedContextLink, from_=shot, to=task), TypedContextLink)
    assert_type(session.create(Status, name="A new status"), Status)
    assert_type(session.ensure(User, {"username": "jane"}, identifying_keys=["username"]), User)
    assert_type(session.ensure_many(User, [{"username": "jane"}]), "list[User]")
    assert_type(task.create_note("Looks good", author=jane), Note)
    assert_type(task.project.vocabulary.priorities["High"], Priority)
    assert_type(jane.start_timer(task), Timer)
    assert_type(session.create_component("/plates/a.exr"), Component)
    session.delete(task)
    with session.begin() as inner:
        assert_type(inner.types.Task, "type[Task]")
    with Session() as other:
        assert_type(other, Session)


def custom_attributes(shot: Shot, task: Task, project: Project, context: Context) -> None:
    assert_type(shot.custom_attributes["fstart"], int)
    assert_type(shot.custom_attributes["lens"], "float | None")
    assert_type(shot.custom_attributes["delivery"], datetime.datetime)
    assert_type(shot.custom_attributes.get("fstart"), "int | None")
    assert_type(task.custom_attributes["client-code"], str)
    assert_type(task.custom_attributes["is_final"], "bool | str")
    for option in shot.custom_attributes["work"]:
        if option == "roto":
            continue
    resolved = shot.custom_attributes.get("lens", inherited=True)
    if isinstance(resolved, InheritedValue):
        assert_type(resolved, InheritedValue)
    shot.custom_attributes["fstart"] = 1001
    shot.custom_attributes["fstart"] = None
    shot.custom_attributes["work"] = ["roto", "cg"]
    shot.custom_attributes["work"] = "roto"
    shot.custom_attributes["delivery"] = "2024-05-01"
    shot.custom_attributes = {"fstart": 1001}
    project.custom_attributes["lens"] = 35.5
    context.custom_attributes["a key of a subtype"] = 1
    assert_type("fstart" in shot.custom_attributes, bool)


def any_of(found: Task | Shot, kind: type[Task], kinds: list[type[Shot]]) -> CriterionExpression:
    assert_type(found.status.name, StatusName)
    assert_type(kinds[0].status.name == "Done", CriterionExpression)
    return kind.status.name == "Done"


def one(session: Session, kind: type[E]) -> E:
    return session.query(kind).one()


def generic(session: Session) -> None:
    assert_type(one(session, Task), Task)
    assert_type(sorted(session.query(Task), key=lambda task: task.name)[0], Task)
    assert_type({task.parent: task for task in session.query(Task)}, dict[Context, Task])


def names(status: StatusName, priority: PriorityName, kind: TaskTypeName) -> VFXTaskStatusName:
    series: Schema2DSeriesTaskStatusName = "Not started"
    print(status, priority, kind, series)
    return "In progress"


def passing_to_functions_for_any_entity(task: Task, session: Session) -> None:
    def path(entity: Entity) -> str:
        return inspect(entity).path

    def first(session: ftrack_orm.Session) -> object:
        return session.query("Task").first()

    print(path(task), first(session), session.types["Shot"])
