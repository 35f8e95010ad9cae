"""The advice of errors is run: the recommended expression works and gives the right result.

`CASES` has an error for every message that contains an expression. A scan of the sources finds the messages, so that a
new one without a case fails.
"""

from __future__ import annotations

import ast
import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

import ftrack_orm
from ftrack_orm import Session, and_, attr, errors, inspect, not_, or_, select, validator
from ftrack_orm.sandbox import Sandbox
from tests.production import Production, create_production

ROOT = Path(ftrack_orm.__file__).parent


@attrs.frozen
class Case:
    """Code that raises, the part of the message that is the advice, the code that follows it, and what then holds."""

    provoke: str
    advice: str
    follow: str = ""
    holds: str = "True"

    def __str__(self) -> str:
        return self.provoke


def found(names: str) -> str:
    """Return the condition that a query of tasks, `result`, finds exactly the tasks of the production with *names*."""
    return f"sorted(each.name for each in tasks_of(result)) == sorted({names})"


ALL = "[task.name for task in tasks]"
OF_FIRST_SHOT = "['task00', 'task01', 'task02']"
OTHERS = "[task.name for task in tasks[3:]]"
IN_PROGRESS = "[task.name for task in tasks if task.status.name == 'In progress']"
NOT_IN_PROGRESS = "[task.name for task in tasks if task.status.name != 'In progress']"

#: Criteria of which the advice is a criterion as well: the mistake, the advice, the names of the tasks that it finds.
CRITERIA = [
    ("Task.status == 'In progress'", "Task.status.name == 'In progress'", IN_PROGRESS),
    ("Task.status != 'In progress'", "Task.status.name != 'In progress'", NOT_IN_PROGRESS),
    ("Task.status.in_(['In progress'])", "Task.status.name.in_(['In progress'])", IN_PROGRESS),
    ("Task.status.not_in(['In progress'])", "Task.status.name.not_in(['In progress'])", NOT_IN_PROGRESS),
    ("Task.status.like('In prog%')", "Task.status.name.like('In prog%')", IN_PROGRESS),
    ("Task.status.startswith('In prog')", "Task.status.name.like('In prog%')", IN_PROGRESS),
    ("Task.status.not_like('In prog%')", "Task.status.name.not_like('In prog%')", NOT_IN_PROGRESS),
    ("attr('status') == 'In progress'", "Task.status.name == 'In progress'", IN_PROGRESS),
    ("Task.status == progress.id", "Task.status.id == '{progress.id}'", IN_PROGRESS),
    ("Task.status_id == progress", "Task.status == status", IN_PROGRESS),
    ("Task.parent == 'sh0'", "Task.parent.name == 'sh0'", OF_FIRST_SHOT),
    ("Task.parent.status == 'Nothing'", "Task.parent.status.name == 'Nothing'", "[]"),
    ("Task.created_by == 'no_such_user'", "Task.created_by.username == 'no_such_user'", "[]"),
    ("Task.assignments.any(resource='no_such_user')", "Appointment.resource.username == 'no_such_user'", None),
    ("Task.assets.any(name='x') & (Task.notes == 'too dark')", "Task.notes.any(content='too dark')", "[]"),
    ("Task.notes != 'too dark'", "~Task.notes.any(content='too dark')", ALL),
    ("Task.notes == None", "~Task.notes.any()", ALL),
    ("Task.notes != None", "Task.notes.any()", "[]"),
    ("Task.notes.in_(['a', 'b'])", "Task.notes.any(attr(\"content\").in_(['a', 'b']))", "[]"),
    ("Task.notes.not_in(['a', 'b'])", "~Task.notes.any(attr(\"content\").in_(['a', 'b']))", ALL),
    ("Task.notes.like('a%')", "Task.notes.any(attr(\"content\").like('a%'))", "[]"),
    ("Task.notes.not_like('a%')", "~Task.notes.any(attr(\"content\").like('a%'))", ALL),
    ("Task.name == ['task00', 'task01', 'task02']", "Task.name.in_(...)", OF_FIRST_SHOT),
    ("Task.name != ['task00', 'task01', 'task02']", "Task.name.not_in(...)", OTHERS),
    ("Task.name.in_(['task00', None])", "| (Task.name == None)", "['task00']"),
    ("Task.name.not_in(['task00', None])", "& (Task.name != None)", "[task.name for task in tasks[1:]]"),
    ("Task.status.in_([progress, None])", "| (Task.status == None)", IN_PROGRESS),
    ("Task.status.not_in([progress, None])", "& (Task.status != None)", NOT_IN_PROGRESS),
    ("Task.bid < None", "is_(None)", "[]"),
    ("Task.metadata['k'].in_(['a', None])", "| (Task.metadata['k'] == None)", "[]"),
    ("Task.metadata == 'x'", "Task.metadata[...]", None),
    ("'k' in Task.metadata", "Task.metadata.any(key='k')", "[]"),
    ("'task0' in Task.name", "Task.name.contains('task0')", "[task.name for task in tasks[:10]]"),
    ("appointment in Task.assignments", "Task.assignments == appointment", None),
    ("Task.assignments != appointment", "~(Task.assignments == appointment)", None),
    ("Task.metadata.k == 'x'", "Task.metadata['k']", None),
    ("any(Task.notes)", "Task.notes.any()", "[]"),
    ("all(Task.notes)", "Task.notes.any(content=...)", None),
    ("len(Task.notes)", "~Task.notes.any()", ALL),
    ("any(Task.status)", "Task.status.has(name=...)", None),
    ("any(Task.metadata)", "Task.metadata.any(key=...)", None),
    ("any(Task.name)", "Task.name == value", None),
    ("list(Task.bid)", "Task.bid == value", None),
    ("Task.bid + 1 > 5", "Task.bid > 2 * limit", None),
    ("Task.name.ilike('TASK00')", "Task.name.like(pattern)", None),
    ("Task.bid.between(0, 2)", "(Task.bid >= first) & (Task.bid <= last)", OF_FIRST_SHOT),
    ("Task.name.isnull()", "Task.name.is_(None)", "[]"),
    ("(Task.bid == 1) and (Task.bid == 2)", "(a) & (b)", None),
    ("1 < Task.bid < 3", "(1 < a) & (a < 2)", None),
    ("Task.name & Task.bid", "(a == 1) & (b == 2)", None),
    ("any(Task.name == 'x')", "Task.assignments.any(criterion)", None),
    ("Task.status in ['x']", "Task.status.name == 'x'", "[]"),
    ("Task.parent.has(Shot.name == 'sh0')", "relation[Shot]", None),
    ("Task.id == select('Task')", "Task.id.in_(...)", None),
    ("Task.id.in_(select('Task').select('id', 'name'))", "query.select('id')", None),
    ("Task.end_date > datetime.datetime(2026, 1, 1)", "value.astimezone()", None),
    ("Task.end_date > datetime.timedelta(days=1)", "datetime.now(timezone.utc) - value", None),
    ("Task.parent == Shot", "relation[Type]", None),
]

#: Names that the advice uses for what the code has: they are given these values.
VARIABLES = {
    "status": "progress", "value": "'x'", "pattern": "'TASK00'", "text": "'x'", "values": "['x']", "first": "0",
    "last": "2", "limit": "5",
}  # fmt: skip


def names_for(session: Session, production: Production, other: Session) -> dict[str, Any]:
    """Return the names that the code of the cases uses."""
    types = session.types
    progress = session.query("Status").where(name="In progress").first()
    tasks: list[Any] = [session.get("Task", id_) for id_ in production.tasks]
    for task in tasks[::2]:
        task.status = progress
    user = session.query("User").where(username=session.api_user).one()
    appointment = session.create("Appointment", context=tasks[0], resource=user, type="assignment")
    session.commit()

    def tasks_of(criterion: Any) -> list[Any]:
        return session.query("Task").where(criterion, types.Task.id.in_(production.tasks)).all()

    return {
        **{name: types[name] for name in ("Task", "Shot", "Appointment", "Context", "Note", "Status")},
        "and_": and_,
        "attr": attr,
        "errors": errors,
        "inspect": inspect,
        "not_": not_,
        "or_": or_,
        "select": select,
        "validator": validator,
        "datetime": datetime,
        "session": session,
        "user": user,
        "production": production,
        "tasks": tasks,
        "progress": progress,
        "tasks_of": tasks_of,
        "appointment": appointment,
        "task": tasks[0],
        "shot": session.get("Shot", production.shots[0]),
        "other": other,
    }


@pytest.fixture(scope="module")
def shared(box: Sandbox, schema_cache: Path) -> Iterator[dict[str, Any]]:
    """The names that all cases share: they change no value that others look at."""
    settings: dict[str, Any] = {"schema_cache_path": schema_cache}
    with (
        Session(box.url, box.api_key, box.api_user, **settings) as session,
        Session(box.url, box.api_key, box.api_user, **settings) as other,
    ):
        yield names_for(session, create_production(session), other)


def run(code: str, namespace: dict[str, Any]) -> Any:
    """Run *code*, and return its value if it is an expression."""
    try:
        compiled = compile(code, "<advice>", "eval")
    except SyntaxError:
        exec(compile(code, "<advice>", "exec"), namespace)
        return None
    return eval(compiled, namespace)


def message_of(code: str, namespace: dict[str, Any]) -> str:
    """Run *code* and return the message of the error of the library that it raises."""
    with pytest.raises(errors.FtrackError) as raised:
        run(code, namespace)
    return str(raised.value)


@pytest.mark.parametrize(("mistake", "advice", "names"), CRITERIA, ids=[mistake for mistake, _, _ in CRITERIA])
def test_the_advice_for_a_criterion_finds_what_was_meant(
    shared: dict[str, Any], mistake: str, advice: str, names: str | None
) -> None:
    namespace = dict(shared)
    advice = advice.format(**namespace) if "{progress" in advice else advice
    code = f"session.query(Task).where({mistake})" if "attr(" in mistake else mistake
    assert advice in message_of(code, namespace)
    if names is None:
        return
    for variable, value in VARIABLES.items():
        namespace.setdefault(variable, run(value, namespace))
    if advice.startswith(("|", "&")):
        advice = f"{re.sub(', None', '', mistake)} {advice}"
    elif advice.endswith("(...)"):
        advice = advice.replace("...", mistake.partition("= ")[2])
    elif advice == "is_(None)":
        advice = "Task.bid.is_(None)"
    result = namespace["tasks_of"](run(advice, namespace))
    assert sorted(task.name for task in result) == sorted(run(names, namespace))


TASK_TIME = "datetime.datetime(2026, 1, 1, 12)"

#: Errors whose advice is no criterion.
CASES = [
    Case(
        "Task(name='x')",
        "session.create('Task', ...)",
        "new = session.create(Task, name='x', parent=shot)",
        "new.parent is shot",
    ),
    Case(
        "any(Task)", "session.query(Task)", "result = session.query(Task).where(id=task.id).all()", "result == [task]"
    ),
    Case("session.query(Task).delete()", 'query.where("id is_not none")', holds="True"),
    Case(
        "session.query('Recipient').delete()",
        'query.where("note_id is_not none")',
        "result = session.query('Recipient').where('note_id is_not none').exists()",
        "result in (True, False)",
    ),
    Case(
        "select('Task').where(id=task.id).all()",
        "session.query(query)",
        "query = select('Task').where(id=task.id); result = session.query(query).all()",
        "result == [task]",
    ),
    Case("bool(session.query(Task))", "query.exists()", "result = session.query(Task).exists()", "result is True"),
    Case(
        "task in session.query(Task)",
        "query.where(id=...).exists()",
        "result = session.query(Task).where(id=task.id).exists()",
        "result is True",
    ),
    Case(
        "select('Task where name is x')",
        "Query.from_text('Task where name is x')",
        "from ftrack_orm import Query; result = Query.from_text('Task where name is x')",
        "str(result).endswith('name is \"x\"')",
    ),
    Case(
        "session.query(Task).order_by(Task.status)",
        "status.name",
        "result = session.query(Task).where(Task.id.in_(production.tasks)).order_by('status.name').all()",
        "[each.status.name for each in result] == sorted(each.status.name for each in result)",
    ),
    Case(
        "session.query(Task).group_by(Task.status)",
        "status.id",
        "mine = session.query(Task).where(Task.id.in_(production.tasks))\n"
        "result = mine.group_by('status.id').select(Task.id.count()).all()",
        "sum(row['count_id'] for row in result) == 12",
    ),
    Case(
        "session.query(Task).order_by(3)",
        "attribute.desc()",
        "result = session.query(Task).where(Task.id.in_(production.tasks)).order_by(Task.name.desc()).first()",
        "result.name == 'task11'",
    ),
    Case(
        "session.query(Task).where(3)",
        "Task.name == 'x'",
        "result = session.query(Task).where(Task.name == 'x', project_id=production.project).all()",
        "result == []",
    ),
    Case(
        "session.query(Task).where('parent.assets any (name is x)').where(Task.parent.any(name='sh0'))",
        "use has, not any",
        "result = tasks_of(Task.parent.has(name='sh0'))",
        "len(result) == 3",
    ),
    Case(
        f"task.end_date = {TASK_TIME}",
        "value.astimezone()",
        f"value = {TASK_TIME}; task.end_date = value.astimezone(); session.commit()",
        "session.query(Task).where(id=task.id).populate_existing().one().end_date == value.astimezone()",
    ),
    Case(
        f"session.call([{{'action': 'x', 'value': {TASK_TIME}}}])",
        "value.astimezone()",
        f"session.call([{{'action': 'update', 'entity_type': 'Task', 'entity_key': [task.id], 'entity_data': "
        f"{{'__entity_type__': 'Task', 'end_date': {TASK_TIME}.astimezone()}}}}]); session.refresh(task)",
        f"task.end_date == {TASK_TIME}.astimezone()",
    ),
    Case(
        "session.delete(task); task.description = 'other'",
        "session.rollback()",
        "session.rollback(); task.description = 'other'; session.commit()",
        "task.description == 'other'",
    ),
    Case(
        "bare = session.query('select id from Task').where(id=tasks[3].id).one()\n"
        "session.expire(bare)\n"
        "with session.fetching('never'): bare.name",
        ".select(Task.name)",
        "result = session.query('select id from Task').select(Task.name).where(id=tasks[3].id).one()",
        "result.name == 'task03'",
    ),
    Case(
        "unloaded = session.query('select id from Task').where(id=tasks[3].id).fetching('never').one()\n"
        "session.expire(unloaded)\n"
        "with session.fetching('never'): unloaded.name",
        ".select(Task.name)",
        "result = session.query(Task).where(id=tasks[3].id).select(Task.name).one()",
        "result.name == 'task03'",
    ),
    Case("session.types.behaviour()", '@session.types.behaviour("Shot")'),
    Case("validator(3)", '@validator("name", ...)'),
    Case("session.on_change(Task, attributes='name')(print)", "attributes=['name']"),
    Case("inspect(3)", "inspect() takes an entity", "result = inspect(task)", "result.entity_type == 'Task'"),
    Case(
        "session.event_hub.publish_and_wait_for_reply(__import__('ftrack_orm').Event('a.b'), timeout=1)",
        "session.event_hub.connect()",
    ),
    Case(
        "session.query(\"Task where metadata.reviewed is 'yes'\")",
        'metadata any (key is "reviewed" and value is ...)',
        'result = session.query(\'Task where metadata any (key is "reviewed" and value is "yes")\').limit(1).all()',
        "all(each.metadata['reviewed'] == 'yes' for each in result)",
    ),
    Case("session.delete([task])", "takes one entity", "session.delete(task); session.rollback()"),
    Case("session.call(3)", "session.call takes a list of operations", "result = session.call([])", "result == []"),
    Case(
        "new = session.create(Task, name='ensured', parent=shot)\n"
        "session.ensure(Task, {'name': 'ensured', 'parent': shot}, ['name', 'parent'])",
        "commit=False",
        "result = session.ensure(Task, {'name': 'ensured', 'parent': shot}, ['name', 'parent'], commit=False)\n"
        "session.commit()",
        "result is new",
    ),
    Case(
        "session.delete(task)\nsession.ensure(Task, {'name': task.name, 'parent': shot}, ['name', 'parent'])",
        "session.revert(...)",
        "session.revert(task); result = session.ensure(Task, {'name': task.name, 'parent': shot}, ['name', 'parent'])",
        "result is task",
    ),
    Case(
        "user.start_timer(task); user.start_timer(task)",
        "force=True",
        "result = user.start_timer(task, force=True); user.stop_timer()",
        "result is not None",
    ),
    Case(
        "with session.fetching('never'): session.configurations.expire_configurations(); "
        "new = session.create(Task, parent=shot); new.custom_attributes['x']",
        "session.configurations.refresh()",
        "session.configurations.refresh()",
        "session.configurations.are_read",
    ),
    Case(
        "session.query(Task).where(Task.bid.like('x'))",
        "is not text, so like cannot be used",
    ),
    Case(
        "Task.parent.parent.parent[Shot].nothing",
        "Shot has no attribute 'nothing'",
    ),
    Case(
        "session.query(Task).where(Task.id.count() > 3)",
        "use having(...)",
        "mine = session.query(Task).where(Task.id.in_(production.tasks)).group_by('status_id')\n"
        "result = mine.select(Task.id.count()).having(Task.id.count() > 3).all()",
        "sorted(row['count_id'] for row in result) == [6, 6]",
    ),
    Case(
        'session.query("select count(id), status_id from Task group by status_id having count(id) > 3")',
        "query.having('count(id) > 3')",
        "mine = session.query(Task).where(Task.id.in_(production.tasks)).group_by('status_id').select('count(id)')\n"
        "result = mine.having('count(id) > 3').all()",
        "len(result) == 2",
    ),
    Case(
        "session.query(Task).group_by('status_id').having(3)",
        "Task.id.count() > 3",
        "result = session.query(Task).group_by('status_id').select(Task.id.count()).having(Task.id.count() > 3)",
    ),
    Case(
        "any(Task.id.count())",
        "Task.id.count() > 3, and give the comparison to query.having(...)",
        "result = session.query(Task).group_by('status_id').select(Task.id.count()).having(Task.id.count() > 3)",
    ),
    Case(
        "criterion = Task.bid == 0\n"
        "for number in range(5_000): criterion = ~(criterion | (Task.bid == number))\n"
        "str(session.query(Task).where(criterion))",
        "and_(...) or or_(...)",
        "result = str(session.query(Task).where(or_(*[Task.bid == number for number in range(300)])))",
        "'bid is 299' in result",
    ),
    Case(
        "session.locations['no such location']",
        'session.ensure("Location", {"name": ...})',
        "made = session.ensure('Location', {'name': 'advised ' + production.name})\n"
        "session.delete(session.get('Location', made.id)); session.commit()",
    ),
    Case(
        "import tempfile, os; path = os.path.join(tempfile.mkdtemp(), 'changes')\n"
        "with open(path, 'w') as file: file.write('{}')\n"
        "session.load_changes(path)",
        "session.changes().save(path)",
        "path += '.json'; task.description = 'saved'\n"
        "session.changes().save(path); session.rollback(); session.load_changes(path)",
        "task.description == 'saved'",
    ),
    Case(
        "task.description; other.get('Task', task.id).description = 'theirs'; other.commit()\n"
        "task.description = 'mine'\n"
        "session.commit(on_conflict='raise')",
        "session.refresh loads the values on the server, committing without on_conflict overwrites them",
        "session.refresh(task); result = session.commit(on_conflict='raise')",
        "result == 1",
    ),
    Case(
        "session.populate(other.get('Task', task.id), 'name')",
        "session.get('Task', entity.id)",
        "entity = other.get('Task', task.id); result = session.get('Task', entity.id)",
        "result is task",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_advice_of_an_error_works(shared: dict[str, Any], case: Case) -> None:
    namespace = dict(shared)
    try:
        assert case.advice in message_of(case.provoke, namespace)
        if case.follow:
            run(case.follow, namespace)
        assert run(case.holds, namespace)
    finally:
        namespace["session"].rollback()


# -- every message with an expression has a case -------------------------------------------------------------------

#: Expressions of Python in a message.
EXPRESSION = re.compile(
    r"\w\(|==|\bsession\.[a-z_]+|\w\[\.\.\.|\w\[[a-zA-Z'\"]|\.where|\w=\.\.\.|\bwith \w+\.|~\w"
    r"|\b[a-z_]+=(?:True|False|None|'|\[|\{|<)|@\w"
)
#: Stands for a formatted value in a message.
VALUE = "\0"

#: Modules whose advice is run by tests of their own.
ELSEWHERE = {
    "behaviours/notes.py": "behaviours/test_notes.py",
    "behaviours/publishing/adding.py": "behaviours/locations/test_availability.py",
    "behaviours/publishing/pending_references.py": "behaviours/publishing/test_transfer_block.py",
    "compat/event/hub.py": "compat/event/test_hub.py",
    "compat/installation.py": "compat/test_installation.py",
    "compat/private_names.py": "interop/test_habits.py",
    "compat/session_cache.py": "compat/test_cache.py",
    "compat/wrapping.py": "compat/test_wrapping.py",
    "entities/arguments.py": "entities/test_arguments.py",
    "entities/classes.py": "entities/test_explained_protocols.py",
    "entities/committing/earlier_values.py": "entities/committing/test_receipt.py",
    "entities/committing/receipt.py": "entities/committing/test_receipt.py",
    "entities/committing/undo.py": "entities/committing/test_undo.py",
    "entities/copying/copier.py": "entities/copying/test_copier.py",
    "entities/copying/request.py": "entities/copying/test_copier.py",
    "entities/copying/destination.py": "entities/copying/test_copier.py",
    "entities/custom_attributes/configuration.py": "entities/custom_attributes/test_configuration.py",
    "entities/explained_protocols.py": "entities/test_explained_protocols.py",
    "entities/reading/n_plus_one.py": "entities/reading/test_n_plus_one.py",
    "entities/reading/unlisted.py": "entities/reading/test_unlisted.py",
    "entities/snapshot.py": "entities/test_snapshot.py",
    "entities/lifecycle.py": "entities/test_lifecycle.py",
    "events/delivery/callback_runner.py": "session/test_callback_units.py",
    "foreign_values.py": "test_foreign_values.py",
    "official_names.py": "test_official_names.py",
    "notebook/column_values.py": "notebook/test_column_values.py",
    "porting/names.py": "porting/test_names.py",
    "porting/reporting.py": "cli/subcommands/test_port.py",
    "porting/visitor.py": "porting/test_visitor.py",
    "query/columns.py": "query/test_columns.py",
    "query/executable.py": "entities/reading/test_memory_answers.py",
    "query/grouping.py": "query/test_grouping.py",
    "query/several.py": "query/test_several.py",
    "session/history.py": "session/test_history.py",
    "session/shared.py": "session/test_shared.py",
    "storage/accessors/base.py": "storage/accessors/test_base.py",
    "storage/accessors/fsspec_files.py": "storage/accessors/test_fsspec_files.py",
    "storage/structures/origin.py": "storage/structures/test_origin.py",
    "storage/system_errors.py": "storage/accessors/test_disk.py",
    "values.py": "storage/test_names.py",
}

#: Parts of messages with formatted values, whose advice a case above is.
FORMATTED = (
    "A key is written in brackets: \0[\0].",
    "A key is compared: \0 any (",
    'query.where("\0 is_not none")',
    "use Query.from_text(",
    "session.create(\0, ...), not \0(...)",
    "Allow it to be fetched: with session.fetching('peers').",
    "projection: .select(\0.\0)",
    "Use \0.any(\0) for a condition that one item meets",
    "Use \0.has(\0) for a condition",
    "Write \0 == \0.",
    "Write \0.any(\0=\0).",
    ": \0 == \0",
    "Write ~(\0 == \0).",
    "such as \0 > 3, and give",
    "such as \0 == value, and give",
    "Write \0.contains(\0).",
    "loops of Python cannot be used with it. \0",
    "| (\0 == None)",
    "use \0\0.any(\0)",
    "use \0.any(",
    "use ~\0.any() for an empty one",
    "Use {0}",
    "attributes=[\0]",
    "Use in_(...) for one of several values.",
    "get it from this one with session.get",
    "session.types has no",
    "which loads all results",
    "ftrack orders groups by their keys.",
)

#: Parts of messages that name a method or show a form, and recommend nothing.
NO_ADVICE = (
    "tuple[", "dict[", "its event hub with it", "compared with", "cannot be used with", "Foreign key", "before_commit",
    "takes entities of this session", "no function register", "An event is needed, such as", "are read by their names",
    "on_refresh is a function", "pip install 'ftrack-orm[",
    "Give several as several arguments", "must be an ftrack_orm", "It is not configured",
)  # fmt: skip


def test_every_message_with_an_expression_has_a_case() -> None:
    advice = [
        *(case.advice for case in CASES),
        *(recommended for _, recommended, _ in CRITERIA),
        *FORMATTED,
        *NO_ADVICE,
    ]
    uncovered = []
    for path in sorted(ROOT.rglob("*.py")):
        module = path.relative_to(ROOT)
        if module.as_posix() in ELSEWHERE or module.parts[0] in ("sandbox", "cli", "testing"):
            continue
        if module.parts[0] == "typing" or module.as_posix() == "schema/svg.py":
            continue  # the text of generated modules and pictures
        uncovered += [
            f"{module.as_posix()}: {message}"
            for message in messages_in(path.read_text(encoding="utf-8"))
            if " " in message.strip() and not message.startswith("<") and EXPRESSION.search(message)
            if not any(part in message for part in advice)
        ]
    assert uncovered == []


def test_the_tests_that_run_the_advice_of_other_modules_exist() -> None:
    assert [module for module in ELSEWHERE if not (ROOT / module).exists()] == []
    assert [test for test in ELSEWHERE.values() if not (Path(__file__).parent / test).exists()] == []


def messages_in(source: str) -> Iterator[str]:
    """Yield the texts in *source* that are no docstrings, with `VALUE` in place of formatted values."""
    tree = ast.parse(source)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            skipped.add(id(body[0].value))
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in ast.walk(node))
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else VALUE for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
