"""Code with mistakes: each line that ends with a comment has one, and no other line has.

The comment names the finding of mypy and that of pyright: `# mypy: code, pyright: rule`.
"""

from __future__ import annotations

from ftrack_orm import Query
from studio import (
    Context,
    Job,
    Note,
    PriorityName,
    Project,
    Session,
    Shot,
    Status,
    StatusName,
    Task,
    TypedContextLink,
    User,
    VFXTaskStatusName,
)

session = Session()
task = session.query(Task).one()
shot = session.query(Shot).one()
done = session.query(Status).one()
project = session.query(Project).one()

# Names that do not exist.
from studio import Tsak  # mypy: attr-defined, pyright: reportAttributeAccessIssue
session.types.Tsak  # mypy: attr-defined, pyright: reportAttributeAccessIssue
Task.statsu  # mypy: attr-defined, pyright: reportAttributeAccessIssue
Task.status.nam  # mypy: attr-defined, pyright: reportAttributeAccessIssue
Task.parent.parent.nmae  # mypy: attr-defined, pyright: reportAttributeAccessIssue
Task.assignments.resorce  # mypy: attr-defined, pyright: reportAttributeAccessIssue
Shot.assets.versions.componets  # mypy: attr-defined, pyright: reportAttributeAccessIssue
Task.parent[Shot].fstart  # mypy: attr-defined, pyright: reportAttributeAccessIssue
Task.parent.username  # mypy: attr-defined, pyright: reportAttributeAccessIssue
Task.name.status  # mypy: attr-defined, pyright: reportAttributeAccessIssue
TypedContextLink.form_  # mypy: attr-defined, pyright: reportAttributeAccessIssue
task.nmae  # mypy: attr-defined, pyright: reportAttributeAccessIssue
task.status.nmae  # mypy: attr-defined, pyright: reportAttributeAccessIssue
task.nmae = "comp"  # mypy: attr-defined, pyright: reportAttributeAccessIssue
shot.assets[0].versions[0].verson  # mypy: attr-defined, pyright: reportAttributeAccessIssue
task.create_note("Good").contnet  # mypy: attr-defined, pyright: reportAttributeAccessIssue
session.query(Task).order_by(Task.end_dat.desc())  # mypy: attr-defined, pyright: reportAttributeAccessIssue
session.query(Task).select(Task.nmae)  # mypy: attr-defined, pyright: reportAttributeAccessIssue
session.populate([task], Task.statsu)  # mypy: attr-defined, pyright: reportAttributeAccessIssue
[each.nmae for each in session.query(Task)]  # mypy: attr-defined, pyright: reportAttributeAccessIssue
session.get(Task, "id").name  # mypy: union-attr, pyright: reportOptionalMemberAccess

# Values of another type in a criterion.
session.query(Task).where(Task.bid == "long")  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).where(Task.bid != "long")  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).where(Task.name == 3)  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).where(Task.end_date == 3)  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).where(Task.status == "Done")  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).where(Task.status == shot)  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).where(task.name == "comp")  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).where(True)  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).where(Task.name)  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).where(Task)  # mypy: arg-type, pyright: reportArgumentType
Task.bid > "long"  # mypy: operator, pyright: reportOperatorIssue
Task.end_date < 3  # mypy: operator, pyright: reportOperatorIssue
Task.status > done  # mypy: misc, pyright: reportOperatorIssue
Task.bid.in_(["a"])  # mypy: list-item, pyright: reportArgumentType
Task.status.in_(["Done"])  # mypy: list-item, pyright: reportArgumentType
Task.status.in_([shot])  # mypy: list-item, pyright: reportArgumentType
Task.parent[Shot].in_(session.query(Task))  # mypy: arg-type, pyright: reportArgumentType
Task.bid.is_(done)  # mypy: arg-type, pyright: reportArgumentType
Task.bid.like("a")  # mypy: misc, pyright: reportOptionalCall
Task.end_date.contains("a")  # mypy: misc, pyright: reportOptionalCall
Task.status.like("a")  # mypy: misc, pyright: reportOptionalCall
Task.name.before("2024-05-01")  # mypy: misc, pyright: reportOptionalCall
Task.name.like(3)  # mypy: arg-type, pyright: reportArgumentType
Task.name.any()  # mypy: misc, pyright: reportOptionalCall
Task.assignments.any(resorce=task)  # mypy: call-arg, pyright: reportCallIssue
Task.assignments.any(resource=shot)  # mypy: arg-type, pyright: reportArgumentType
Task.status.any()  # mypy: misc, pyright: reportOptionalCall
Task.assignments.has()  # mypy: misc, pyright: reportOptionalCall
Shot.children[Task].has()  # mypy: misc, pyright: reportOptionalCall
Shot.children[Task].any(nmae="x")  # mypy: call-arg, pyright: reportCallIssue
Task.name.sum()  # mypy: misc, pyright: reportOptionalCall
Task.status.count()  # mypy: misc, pyright: reportOptionalCall
session.query(Task).order_by(Task.status.desc())  # mypy: misc, pyright: reportOptionalCall
session.query(Task).where(Task.status_id == 3)  # mypy: arg-type, pyright: reportArgumentType
Task.parent.has(name=3)  # mypy: arg-type, pyright: reportArgumentType
Task.parent.has(True)  # mypy: arg-type, pyright: reportArgumentType

# Values by name, and names of types in text.
session.query(Task).where(nam="anim")  # mypy: call-arg, pyright: reportCallIssue
session.query(Task).where(bid="long")  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).where(status="Done")  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).where(parent=done)  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).where(username="jane")  # mypy: call-arg, pyright: reportCallIssue
session.query(Context).where(bid=3)  # mypy: call-arg, pyright: reportCallIssue
session.query(Task).where("bid > 3", Task.bid > 3, nam="anim")  # mypy: call-arg, pyright: reportCallIssue
session.query(Task).order_by("bid").limit(3).where(nam="anim")  # mypy: call-arg, pyright: reportCallIssue
session.query(Status).where(name="Don")  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).where(**{"status.name": "Done"})  # mypy: arg-type, pyright: reportArgumentType
session.search(Task, "anim").where(nam="anim")  # mypy: call-arg, pyright: reportCallIssue
session.query("Task").where(nam="anim")  # mypy: call-arg, pyright: reportCallIssue
session.query("Task").one().nmae  # mypy: attr-defined, pyright: reportAttributeAccessIssue
session.query("Task", "50")  # mypy: call-overload, pyright: reportArgumentType
session.search("Task", "anim").where(nam="anim")  # mypy: call-arg, pyright: reportCallIssue
session.get("Task", "id").name  # mypy: union-attr, pyright: reportOptionalMemberAccess
session.get("Task", 3.5)  # mypy: call-overload, pyright: reportArgumentType
session.reference("Task", "id").nmae  # mypy: attr-defined, pyright: reportAttributeAccessIssue
session.ensure("User", {"username": "x"}).usrname  # mypy: attr-defined, pyright: reportAttributeAccessIssue
session.ensure_many("User", [{"username": "x"}])[0].usrname  # mypy: attr-defined, pyright: reportAttributeAccessIssue
a_user: User = session.query("Task").one()  # mypy: assignment, pyright: reportAssignmentType
session.types["Task"].nmae  # mypy: attr-defined, pyright: reportAttributeAccessIssue

# Names of statuses, and of other choices.
session.query(Task).where(Task.status.name == "Don")  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).where(Task.type.name != "Animatoin")  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).where(Job.status == "runing")  # mypy: arg-type, pyright: reportArgumentType
Task.status.name.in_(["Dnoe"])  # mypy: list-item, pyright: reportArgumentType
Task.priority.name.is_("Hihg")  # mypy: arg-type, pyright: reportArgumentType
Task.status.has(name="Don")  # mypy: arg-type, pyright: reportArgumentType
project.vocabulary.statuses["Don"]  # mypy: index, pyright: reportArgumentType
project.vocabulary.priorities["High"].nmae  # mypy: attr-defined, pyright: reportAttributeAccessIssue
status: StatusName = "Don"  # mypy: assignment, pyright: reportAssignmentType
priority: PriorityName = "Normal"  # mypy: assignment, pyright: reportAssignmentType
vfx: VFXTaskStatusName = "Not started"  # mypy: assignment, pyright: reportAssignmentType
session.query(Job).one().status = "runing"  # mypy: assignment, pyright: reportAttributeAccessIssue

# Values of entities.
number: int = task.status.name  # mypy: assignment, pyright: reportAssignmentType
other: User = task.status  # mypy: assignment, pyright: reportAssignmentType
users: Query[User] = session.query(Task)  # mypy: arg-type, pyright: reportAssignmentType
a_shot: Shot = task.parent  # mypy: assignment, pyright: reportAssignmentType
note: Note = shot.children[0]  # mypy: assignment, pyright: reportAssignmentType
task.bid = "long"  # mypy: assignment, pyright: reportAttributeAccessIssue
task.status = "Done"  # mypy: assignment, pyright: reportAttributeAccessIssue
task.status = shot  # mypy: assignment, pyright: reportAttributeAccessIssue
task.end_date = 3  # mypy: assignment, pyright: reportAttributeAccessIssue
task.link = []  # mypy: assignment, pyright: reportAttributeAccessIssue
task.id = "x"  # mypy: assignment, pyright: reportAttributeAccessIssue
shot.descendants = []  # mypy: assignment, pyright: reportAttributeAccessIssue
shot.descendants.append(task)  # mypy: misc, pyright: reportOptionalCall
shot.ancestors.clear()  # mypy: misc, pyright: reportOptionalCall
shot.assets.append(task)  # mypy: arg-type, pyright: reportArgumentType
shot.assets = [task]  # mypy: list-item, pyright: reportAttributeAccessIssue
session.create(Task, nam="x")  # mypy: call-overload, pyright: reportCallIssue
session.create(Task, name=3)  # mypy: call-overload, pyright: reportArgumentType
session.create(Task, status="Done")  # mypy: call-overload, pyright: reportArgumentType
session.create(Task, link=[])  # mypy: call-overload, pyright: reportCallIssue
session.create(Taks, name="x")  # mypy: name-defined, pyright: reportUndefinedVariable
session.create(Task, "anim")  # mypy: call-overload, pyright: reportArgumentType
session.ensure(User, {"username": "x"}).usrname  # mypy: attr-defined, pyright: reportAttributeAccessIssue
session.ensure(User, username="x")  # mypy: call-overload, pyright: reportCallIssue
session.query(Task).update(bid=8)  # mypy: call-arg, pyright: reportCallIssue
session.query(3)  # mypy: call-overload, pyright: reportArgumentType
session.get(Task, 3.5)  # mypy: call-overload, pyright: reportArgumentType
session.delete(Task)  # mypy: arg-type, pyright: reportArgumentType
session.delete(session.query(Task))  # mypy: arg-type, pyright: reportArgumentType
session.populate(3, "status.name")  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).limit("5")  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).order_by(True)  # mypy: arg-type, pyright: reportArgumentType
session.query(Task).select(3)  # mypy: arg-type, pyright: reportArgumentType

# Custom attributes.
shot.custom_attributes["fstrat"]  # mypy: call-overload, pyright: reportArgumentType
task.custom_attributes["fstart"]  # mypy: call-overload, pyright: reportArgumentType
project.custom_attributes["fstart"]  # mypy: index, pyright: reportArgumentType
Shot.custom_attributes["fstrat"]  # mypy: call-overload, pyright: reportArgumentType
shot.custom_attributes["fstart"] = "1001"  # mypy: call-overload, pyright: reportArgumentType
shot.custom_attributes["work"] = "rotoscoping"  # mypy: call-overload, pyright: reportArgumentType
shot.custom_attributes["work"].append("cg")  # mypy: attr-defined, pyright: reportAttributeAccessIssue
shot.custom_attributes["duration"] = 5  # mypy: call-overload, pyright: reportArgumentType
shot.custom_attributes = {"fstrat": 1001}  # mypy: typeddict-unknown-key, pyright: reportAttributeAccessIssue
start: str = shot.custom_attributes["fstart"]  # mypy: assignment, pyright: reportAssignmentType
shot.custom_attributes.get("fstrat")  # mypy: call-overload, pyright: reportArgumentType
session.create(Shot, custom_attributes={"work": ["rto"]})  # mypy: call-overload, pyright: reportArgumentType
session.create(Shot, custom_attributes={"fstart": "a"})  # mypy: call-overload, pyright: reportArgumentType
session.query(Shot).where(Shot.custom_attributes["fstart"] == "a")  # mypy: arg-type, pyright: reportArgumentType
session.query(Shot).where(Shot.custom_attributes["work"] == "rto")  # mypy: arg-type, pyright: reportArgumentType
Context.children.any(nmae="x")  # mypy: call-arg, pyright: reportCallIssue
