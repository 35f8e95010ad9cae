"""Habits with queries: text in ftrack's language, and the result used as a list."""

from __future__ import annotations

import datetime
from typing import Any

import arrow

from tests.interop.habits.habit import habit

CONFIGURATION = 'CustomAttributeConfiguration where key is "first_frame" and label is "Habits"'


@habit("session.query('Task where name is \"animation\"').one()")
def one_result(session: Any, shot: Any) -> Any:
    """Get the only result."""
    return session.query(f'Task where name is "animation" and parent.id is "{shot["id"]}"').one()["name"]


@habit('session.query("Task where ...").first()')
def first_result(session: Any, shot: Any) -> Any:
    """Get the first result, or None."""
    none = session.query('Task where name is "no such task"').first()
    return none, session.query(f'Task where parent_id is "{shot["id"]}" order by name desc').first()["name"]


@habit('session.query("Task where ...").all()')
def all_results(session: Any, shot: Any) -> Any:
    """Get all results as a list."""
    tasks = session.query(f'select name from Task where parent.id is "{shot["id"]}"').all()
    return type(tasks).__name__, sorted(task["name"] for task in tasks)


@habit("len(session.query(...))", "query.count()")
def number_of_results(session: Any, shot: Any) -> Any:
    """Count results."""
    return len(session.query(f'Task where parent.id is "{shot["id"]}"'))


@number_of_results.here
def _(session: Any, shot: Any) -> Any:
    return session.query(f'Task where parent.id is "{shot["id"]}"').count()


@habit("if session.query(...):", "query.exists()")
def truth_of_results(session: Any, shot: Any) -> Any:
    """Ask whether there are results."""
    there = bool(session.query(f'Task where parent.id is "{shot["id"]}"'))
    return there, bool(session.query('Task where name is "no such task"'))


@truth_of_results.here
def _(session: Any, shot: Any) -> Any:
    there = session.query(f'Task where parent.id is "{shot["id"]}"').exists()
    return there, session.query('Task where name is "no such task"').exists()


@habit("session.query(...)[0]")
def result_at_a_position(session: Any, shot: Any) -> Any:
    """Take a result by its position."""
    results = session.query(f'Task where parent.id is "{shot["id"]}" order by name')
    return results[0]["name"], results[1]["name"]


@habit("session.query(...)[0] with except IndexError:")
def result_that_is_not_there(session: Any) -> Any:
    """Catch the error about a position without a result."""
    try:
        return session.query('Task where name is "no such task"')[0]
    except IndexError:
        return "none"


@habit("task in session.query(...)", "query.where(id=...).exists()")
def membership_in_results(session: Any, shot: Any, task: Any) -> Any:
    """Ask whether an entity is among the results."""
    return task in session.query(f'Task where parent.id is "{shot["id"]}"')


@membership_in_results.here
def _(session: Any, shot: Any, task: Any) -> Any:
    return session.query(f'Task where parent.id is "{shot["id"]}"').where(id=task["id"]).exists()


@habit("for task in session.query(...):")
def iterate_over_results(session: Any, shot: Any) -> Any:
    """Iterate over results."""
    names = []
    for task in session.query(f'select name, status.name from Task where parent.id is "{shot["id"]}"'):
        names.append((task["name"], task["status"]["name"]))  # noqa: PERF401 - as people write it
    return sorted(names)


@habit("results = session.query(...); use them several times")
def results_used_twice(session: Any, shot: Any) -> Any:
    """Use a result several times."""
    results = session.query(f'Task where parent.id is "{shot["id"]}"')
    by_id = {task["id"]: task for task in results}
    return sorted(by_id[task["id"]]["name"] for task in results), len(list(results))


@habit("session.query(...).one() with except ftrack_api.exception.NoResultFoundError:", "ftrack_orm.errors")
def no_result(ftrack_api: Any, session: Any) -> Any:
    """Catch the error about a result that does not exist."""
    try:
        return session.query('Task where name is "no such task"').one()
    except ftrack_api.exception.NoResultFoundError:
        return "none"


@no_result.here
def _(ftrack_api: Any, session: Any) -> Any:
    try:
        return session.query('Task where name is "no such task"').one()
    except ftrack_api.errors.NoResult:
        return "none"


@habit("session.query(...).one() with except ftrack_api.exception.MultipleResultsFoundError:", "ftrack_orm.errors")
def several_results(ftrack_api: Any, session: Any, shot: Any) -> Any:
    """Catch the error about several results."""
    try:
        return session.query(f'Task where parent.id is "{shot["id"]}"').one()
    except ftrack_api.exception.MultipleResultsFoundError:
        return "several"


@several_results.here
def _(ftrack_api: Any, session: Any, shot: Any) -> Any:
    try:
        return session.query(f'Task where parent.id is "{shot["id"]}"').one()
    except ftrack_api.errors.MultipleResults:
        return "several"


@habit('session.query("Task where nam is ...") with except ftrack_api.exception.ServerError:', "ftrack_orm.errors")
def misspelt_attribute(ftrack_api: Any, session: Any) -> Any:
    """Catch the error about a misspelt attribute."""
    try:
        return session.query('Task where nam is "x"').all()
    except ftrack_api.exception.ServerError:
        return "refused"


@misspelt_attribute.here
def _(ftrack_api: Any, session: Any) -> Any:
    try:
        return session.query('Task where nam is "x"').all()
    except ftrack_api.errors.UnknownAttribute:
        return "refused"


@habit('session.query("select name, parent.name, assignments.resource.username from Task")')
def projections_of_relations(session: Any, shot: Any) -> Any:
    """Select attributes of related entities."""
    tasks = session.query(
        "select name, parent.name, parent.parent.name, type.name, assignments.resource.username from Task "
        f'where parent.id is "{shot["id"]}" order by name'
    )
    return [(task["name"], task["parent"]["parent"]["name"], task["type"]["name"]) for task in tasks]


@habit("with session.auto_populating(False):", 'session.fetching("never")')
def values_without_requests(session: Any, task: Any) -> Any:
    """Read values without requests."""
    with session.auto_populating(False):
        return task["id"] is not None


@values_without_requests.here
def _(session: Any, task: Any) -> Any:
    with session.fetching("never"):
        return task["id"] is not None


@habit("session.auto_populate = False", 'session.fetching("never")')
def no_requests_for_a_session(session: Any, task: Any) -> Any:
    """Switch requests for missing values off."""
    session.auto_populate = False
    try:
        return task["id"] is not None
    finally:
        session.auto_populate = True


@no_requests_for_a_session.here
def _(session: Any, task: Any) -> Any:
    with session.fetching("never"):
        return task["id"] is not None


@habit('\'... where (name is "a" or name is "b") and not parent.name like "x%"\'')
def combined_criteria(session: Any, shot: Any) -> Any:
    """Combine criteria."""
    tasks = session.query(
        f'Task where (name is "animation" or name is lighting) and parent.id is {shot["id"]} '
        'and not (name like "x%") and status.name is_not "Omitted"'
    )
    return sorted(task["name"] for task in tasks)


@habit("'... where id in ({})'.format(', '.join(ids))")
def values_of_a_list(session: Any, shot: Any) -> Any:
    """Search for one of several values."""
    joined = ", ".join(f'"{task["id"]}"' for task in session.query(f'Task where parent_id is "{shot["id"]}"'))
    found = session.query(f"select name from Task where id in ({joined})")
    rest = session.query(f'Task where parent_id is "{shot["id"]}" and name not_in ("lighting")')
    return sorted(task["name"] for task in found), [task["name"] for task in rest]


@habit('"... where parent has (name is ... and project.name is ...)"')
def criteria_on_a_relation(session: Any, shot: Any) -> Any:
    """Search by a related entity."""
    found = session.query(f'Task where parent has (name is "{shot["name"]}" and project.name is "habits")')
    return sorted(task["name"] for task in found)


@habit('"Task where assignments any (resource.username is ...)"')
def criteria_on_a_collection(session: Any, task: Any, user: Any) -> Any:
    """Search the tasks of a user."""
    session.create("Appointment", {"context": task, "resource": user, "type": "assignment"})
    session.commit()
    found = session.query(
        f'select link from Task where assignments any (resource.username = "{user["username"]}") '
        f'and id is "{task["id"]}"'
    )
    return [" / ".join(item["name"] for item in each["link"]) for each in found]


@habit('"Task where not timelogs any () and description is none"')
def criteria_on_nothing(session: Any, shot: Any) -> Any:
    """Search for empty collections and values."""
    found = session.query(
        f'Task where not timelogs any () and parent_id is "{shot["id"]}" and end_date is none and parent is_not none'
    )
    return sorted(task["name"] for task in found)


@habit("'Task where start_date > \"{}\"'.format(arrow.now())")
def criteria_with_arrow(session: Any, task: Any) -> Any:
    """Search by a date of the library arrow."""
    task["start_date"] = arrow.get(2031, 5, 6)
    session.commit()
    expression = 'Task where start_date >= "{}" and start_date < "{}"'
    found = session.query(expression.format(arrow.get(2031, 5, 6), arrow.get(2031, 5, 7)))
    return [each["name"] for each in found]


@habit("'Task where end_date <= \"{}\"'.format(datetime.date(...))")
def criteria_with_a_day(session: Any, task: Any) -> Any:
    """Search by a day."""
    task["end_date"] = arrow.get(2032, 5, 6)
    session.commit()
    expression = 'Task where end_date >= "{}" and end_date <= "{}"'
    found = session.query(expression.format(datetime.date(2032, 5, 6), datetime.date(2032, 5, 7)))
    return [each["name"] for each in found]


@habit('"select name from Task order by name descending limit 1 offset 1"')
def order_and_limit(session: Any, shot: Any) -> Any:
    """Order and limit results."""
    expression = f'select name from Task where parent_id is "{shot["id"]}" order by name descending'
    limited = session.query(f"{expression} limit 1").all(), session.query(f"{expression} offset 1 limit 5").all()
    return [[task["name"] for task in tasks] for tasks in limited]


@habit('"Shot where metadata any (key is ... and value is ...)"')
def criteria_on_metadata(session: Any, shot: Any) -> Any:
    """Search by metadata."""
    shot["metadata"]["habit"] = "criteria"
    session.commit()
    found = session.query('Shot where metadata any (key is "habit" and value is "criteria")')
    return [each["name"] for each in found]


@habit('"Shot where custom_attributes any (key is ... and value is ...)"')
def criteria_on_custom_attributes(session: Any, shot: Any) -> Any:
    """Search by a custom attribute."""
    shot["custom_attributes"]["first_frame"] = 4711
    session.commit()
    found = session.query('Shot where custom_attributes any (key is "first_frame" and value is 4711)')
    return [(each["name"], each["custom_attributes"]["first_frame"]) for each in found]


@habit('session.query("TypedContext where ...")')
def results_of_several_types(session: Any, shot: Any) -> Any:
    """Search entities of several types."""
    found = session.query(f'TypedContext where id is "{shot["id"]}" or parent_id is "{shot["id"]}"')
    return sorted((each["name"], each["object_type"]["name"]) for each in found)


@habit('session.get("Task", task_id), session.get("Task", [task_id])')
def get_by_id(session: Any, task: Any) -> Any:
    """Get an entity by its id."""
    missing = session.get("Task", "00000000-0000-0000-0000-000000000000")
    return session.get("Task", [task["id"]])["name"], session.get("Task", task["id"]) is task, missing


@habit('session.get("Context", task_id)')
def get_by_a_base_type(session: Any, task: Any, shot: Any) -> Any:
    """Get an entity by its id, without knowing its type."""
    return type(session.get("Context", task["id"])).__name__, session.get("TypedContext", shot["id"]) is shot


@habit('session.call([{"action": "query", "expression": "select count(id) from Task group by ..."}])')
def groups_of_results(session: Any, shot: Any) -> Any:
    """Count by groups on the server."""
    expression = f'select count(id) from Task where parent_id is "{shot["id"]}" group by parent_id'
    rows = session.call([{"action": "query", "expression": expression}])[0]["data"]
    return [row["count_id"] for row in rows]


@habit("session.query(expression, page_size=...)")
def pages_of_results(session: Any, shot: Any) -> Any:
    """Set the number of results per request."""
    return len(list(session.query(f'select name from Task where parent_id is "{shot["id"]}"', page_size=1)))


@habit("session.populate(tasks, 'status.name, parent.name')")
def populate_results(session: Any, shot: Any) -> Any:
    """Load attributes of entities that are there already."""
    tasks = session.query(f'select id from Task where parent_id is "{shot["id"]}"').all()
    session.populate(tasks, "name, status.name, parent.name")
    session.populate(tasks[0], "description")
    return sorted((task["name"], task["status"]["name"], task["parent"]["name"]) for task in tasks)


@habit("session.query('''select name\\n from Task\\n where ...''')")
def text_of_several_lines(session: Any, shot: Any) -> Any:
    """Write a query over several lines, with unquoted ids."""
    found = session.query(
        f"""select name, priority.name, object_type.is_typeable
        from Task
        where parent.id={shot["id"]} and
              name != "lighting"
        """
    )
    return [(each["name"], each["priority"]["name"], each["object_type"]["is_typeable"]) for each in found]


@habit('"TypedContext where ancestors any (id is ...)"')
def everything_below(session: Any, shot: Any) -> Any:
    """Find everything below an entity."""
    parent = shot["parent"]["id"]
    found = session.query(f'select name from TypedContext where ancestors any (id is "{parent}")')
    tasks = session.query(f'select name from Task where ancestors.id is "{parent}" and name like "%ani%"')
    return sorted(each["name"] for each in found), [each["name"] for each in tasks]


@habit('"AssetVersion where asset.parent.id is ... and is_latest_version is true"')
def latest_versions(session: Any, shot: Any, task: Any) -> Any:
    """Find the latest versions of a shot."""
    kind = session.query("AssetType order by name").first()
    asset = session.create("Asset", {"name": "plate", "type": kind, "parent": shot})
    for number in range(2):
        session.create("AssetVersion", {"asset": asset, "task": task, "comment": str(number)})
    session.commit()
    found = session.query(
        f'select comment, asset.name from AssetVersion where asset.parent.id is "{shot["id"]}" '
        "and is_latest_version is true"
    )
    return [(each["asset"]["name"], each["comment"]) for each in found]


@habit('"ContextCustomAttributeValue where entity_id is ... and configuration.key is ..."')
def rows_of_custom_attributes(session: Any, shot: Any) -> Any:
    """Read custom attributes from their table."""
    shot["custom_attributes"]["first_frame"] = 12
    session.commit()
    configuration = session.query(CONFIGURATION).one()
    found = session.query(
        "select value, entity_id, configuration_id from CustomAttributeValue where "
        f'entity_id in ("{shot["id"]}") and configuration_id in ("{configuration["id"]}")'
    )
    return [(each["value"], each["entity_id"] == shot["id"]) for each in found]


@habit('"select status.name from StatusChange where parent_id is ..."')
def history_of_a_status(session: Any, task: Any) -> Any:
    """Read who set a status."""
    task["status"] = session.query('Status where name is "In progress"').one()
    session.commit()
    found = session.query(f'select status.name, user.username from StatusChange where parent_id is "{task["id"]}"')
    return [each["status"]["name"] for each in found]


@habit("session.query(...) before session.commit()")
def query_before_a_commit(session: Any, task: Any) -> Any:
    """Query an entity with changes that are not committed."""
    task["description"] = "not committed"
    again = session.query(f'select description from Task where id is "{task["id"]}"').one()
    found = session.query('Task where description is "not committed"').all()
    text = again["description"]
    session.rollback()
    return text, found


@habit('"select key, value from Metadata where parent_id is ..."')
def rows_of_metadata(session: Any, task: Any) -> Any:
    """Read metadata from its table."""
    task["metadata"]["a"] = "1"
    session.commit()
    return [(each["key"], each["value"]) for each in session.query(f'Metadata where parent_id is "{task["id"]}"')]


@habit(
    'session.get(entity_type="Task", entity_key=id), session.query(expression=...), session.populate(projections=...)'
)
def arguments_by_name(session: Any, task: Any) -> Any:
    """Pass arguments by their names."""
    found = session.query(expression=f'select id from Task where id is "{task["id"]}"', page_size=10)
    session.populate(entities=found, projections="name, status.name")
    again = session.get(entity_type="Task", entity_key=task["id"])
    ensured = session.ensure(entity_type="Scope", data={"name": "by name"}, identifying_keys=["name"])
    return again["name"], again["status"]["name"], ensured["name"], session.query("Task", 5).first() is not None
