"""Habits with people: notes, assignments, timers, jobs, reviews, roles, and configurations of custom attributes."""

from __future__ import annotations

import json
from typing import Any

import arrow

from tests.interop.habits.habit import habit


@habit("session.query(f'User where username is {session.api_user}').one()")
def own_user(session: Any) -> Any:
    """Get one's own user."""
    user = session.query(f'User where username is "{session.api_user}"').one()
    return user["username"], user["is_active"]


@habit("task.create_note('...', author=user, recipients=[user])")
def create_a_note(session: Any, task: Any, user: Any) -> Any:
    """Write a note with recipients."""
    note = task.create_note("look", author=user, recipients=[user])
    session.commit()
    again = session.query(f'Note where parent_id is "{task["id"]}"').one()
    return note["content"], again["author"]["username"], len(note["recipients"]), task["notes"][0] == note


@habit("task.create_note('...', author=user, labels=[label])")
def create_a_note_with_a_label(session: Any, task: Any, user: Any) -> Any:
    """Write a note with a label."""
    label = session.query("NoteLabel order by name").first()
    note = task.create_note("labelled", author=user, labels=[label])
    session.commit()
    links = session.query(f'select label.name from NoteLabelLink where note_id is "{note["id"]}"')
    return [link["label"]["name"] == label["name"] for link in links]


@habit("note.create_reply('...', author=user)")
def reply_to_a_note(session: Any, task: Any, user: Any) -> Any:
    """Reply to a note."""
    note = task.create_note("question", author=user)
    session.commit()
    note.create_reply("answer", author=user)
    session.commit()
    return [reply["content"] for reply in note["replies"]]


@habit("task['notes'].append(session.create('Note', {...}))")
def append_a_note(session: Any, task: Any, user: Any) -> Any:
    """Create a note without its method."""
    note = session.create("Note", {"content": "by hand", "author": user})
    task["notes"].append(note)
    session.commit()
    found = session.query(f'Note where parent_id is "{task["id"]}" order by date desc')
    return [(each["content"], each["parent_type"]) for each in found]


@habit("session.create('Appointment', {'context': task, 'resource': user, 'type': 'assignment'})")
def assign_a_user(session: Any, task: Any, user: Any) -> Any:
    """Assign a user to a task."""
    session.create("Appointment", {"context": task, "resource": user, "type": "assignment"})
    session.commit()
    found = session.query(f'User where assignments any (context_id is "{task["id"]}")')
    return [each["username"] for each in found], [each["resource"]["username"] for each in task["assignments"]]


@habit("for assignment in task['assignments']: session.delete(assignment)")
def remove_assignments(session: Any, task: Any, user: Any) -> Any:
    """Remove the assignments of a task."""
    session.create("Appointment", {"context": task, "resource": user, "type": "assignment"})
    session.commit()
    for assignment in task["assignments"]:
        session.delete(assignment)
    session.commit()
    return session.query(f'Appointment where context_id is "{task["id"]}"').all()


@habit("isinstance(allocation['resource'], session.types['Group'])")
def team_of_a_project(session: Any, listening: Any, project: Any, user: Any) -> Any:
    """List the team of a project, with the members of groups."""
    group = session.create("Group", {"name": "animators"})
    session.create("Membership", {"group": group, "user": user})
    allocation = session.create("Appointment", {"context": project, "resource": group, "type": "allocation"})
    session.commit()
    team: set[str] = set()
    for each in listening.get("Project", project["id"])["allocations"]:
        if isinstance(each["resource"], listening.types["Group"]):
            team.update(member["user"]["username"] for member in each["resource"]["memberships"])
        else:
            team.add(each["resource"]["username"])
    session.delete(allocation)
    session.commit()
    return sorted(team)


@habit("user.start_timer(task); user.stop_timer()")
def run_a_timer(session: Any, task: Any, user: Any) -> Any:
    """Start and stop a timer."""
    user.start_timer(task, force=True)
    timelog = user.stop_timer()
    return timelog["context"]["id"] == task["id"], timelog["user"]["username"]


@habit("session.create('Timelog', {'user': user, 'context': task, 'duration': 3600})")
def log_time(session: Any, task: Any, user: Any) -> Any:
    """Log time."""
    data = {"user": user, "context": task, "duration": 3600, "start": arrow.get(2024, 1, 2)}
    task["timelogs"].append(session.create("Timelog", data))
    session.commit()
    return sum(timelog["duration"] for timelog in task["timelogs"])


@habit("session.create('Job', {'user': user, 'status': 'running', 'data': json.dumps({...})})")
def show_a_job(session: Any, user: Any) -> Any:
    """Show a job in the web interface."""
    job = session.create("Job", {"user": user, "status": "running", "data": json.dumps({"description": "habit"})})
    session.commit()
    job["status"] = "done"
    session.commit()
    return job["status"], json.loads(job["data"])["description"]


@habit("project['project_schema'].get_statuses('Task', type_id)")
def statuses_of_a_schema(project: Any) -> Any:
    """List the statuses and types that a project allows."""
    schema = project["project_schema"]
    kind = schema.get_types("Task")[0]
    return (
        sorted(status["name"] for status in schema.get_statuses("Task", kind["id"])),
        sorted(status["name"] for status in schema.get_statuses("AssetVersion")),
    )


@habit("session.create('ReviewSessionObject', {...})")
def make_a_review(session: Any, project: Any, shot: Any, task: Any) -> Any:
    """Make a review session with a version and an invitee."""
    kind = session.query("AssetType order by name").first()
    asset = session.create("Asset", {"name": "reviewed", "type": kind, "parent": shot})
    version = session.create("AssetVersion", {"asset": asset, "task": task})
    review = session.create("ReviewSession", {"name": "weekly", "description": "", "project": project})
    data = {"name": "comp", "description": "", "version": "Version 1", "asset_version": version}
    session.create("ReviewSessionObject", {**data, "review_session": review})
    session.create("ReviewSessionInvitee", {"name": "John", "email": "j@example.com", "review_session": review})
    session.commit()
    names = [each["name"] for each in review["review_session_objects"]]
    invited = [each["email"] for each in review["review_session_invitees"]]
    session.delete(review)
    session.commit()
    return names, invited


@habit("for role in user['user_security_roles']: role['security_role']['name']")
def roles_of_a_user(session: Any, user: Any) -> Any:
    """List the security roles of a user."""
    query = session.query(f'UserSecurityRole where user.username is "{session.api_user}"')
    names = [role["security_role"]["name"] for role in user["user_security_roles"]]
    return names, [role["is_all_projects"] for role in query]


@habit("session.create('CustomAttributeConfiguration', {...})")
def configure_a_custom_attribute(session: Any, shot: Any) -> Any:
    """Configure a custom attribute, and use it."""
    role = session.query('SecurityRole where name is "Administrator"').first() or session.query("SecurityRole").first()
    made = session.create(
        "CustomAttributeConfiguration",
        {
            "entity_type": "task",
            "object_type_id": session.query('ObjectType where name is "Shot"').one()["id"],
            "type": session.query('CustomAttributeType where name is "text"').one(),
            "label": "Habit",
            "key": "habit",
            "default": "bar",
            "config": json.dumps({"markdown": False}),
            "write_security_roles": [role],
            "read_security_roles": [role],
        },
    )
    session.commit()
    value = session.query(f'select custom_attributes from Shot where id is "{shot["id"]}"').one()
    read = value["custom_attributes"]["habit"]
    session.delete(made)
    session.commit()
    return read


@habit("session.send_user_invites([user])")
def invite_users(session: Any, user: Any) -> Any:
    """Send invitations."""
    return session.send_user_invites([user]), session.send_user_invite(user)
