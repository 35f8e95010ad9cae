"""The requests that a session sends: their bodies are the start of mutated requests."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from ftrack_orm import Session
from ftrack_orm.transport.in_process import InProcess
from tests.sandbox.studio import Studio

URL = "https://studio.test"


def record_bodies(studio: Studio) -> list[bytes]:
    """Return the bodies of requests of every action, as a session sends them to *studio*, without repetitions.

    The session creates, changes and deletes entities of its own, beside those of `Studio.produce`.
    """
    bodies: list[bytes] = []

    def handle(method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        bodies.append(body)
        response = studio.application.handle(method, path, headers, body)
        assert response.body.startswith(b"["), response.body
        return response

    with Session(URL, studio.key, studio.user, transport=InProcess(handle), schema_cache_path=False) as session:
        _read(session)
        _write(session)
        _change_accounts(session)
    return list(dict.fromkeys(bodies))


def _read(session: Session) -> None:
    session.query("select name, parent.name, status.state.short from Task where parent.name like 'sh%'").all()
    session.query('Task where project.name is "film" and (bid > 1 or not children any ()) order by name limit 5').all()
    session.query("select versions.version, type.name from Asset where versions any (is_published is true)").all()
    session.query("select link, metadata, custom_attributes from Shot where created_at > '2024-01-01'").all()
    session.query("select timelogs, assignments.resource from Task where status_id in (select id from Status)").all()
    session.query("Task").search("anim").all()
    session.call([{"action": "query_server_information", "values": ["version", "user_information"]}])


def _write(session: Session) -> None:
    task = session.query("Task where name is animation").one()
    shot = task["parent"]
    created = session.create("Task", name="compositing", parent=shot, bid=3, type=task["type"])
    due = datetime.datetime(2024, 6, 1, 12, tzinfo=datetime.timezone.utc)
    delivery = session.create("Task", name="delivery", parent=shot, end_date=due)
    session.create("Note", content="Please brighten.", parent_id=created["id"], parent_type="Task")
    session.commit()
    task["name"], task["bid"], task["description"] = "animation 2", 7200.5, "Ünïcode 🎬"
    task["metadata"]["take"] = "one"
    delivery["end_date"] = due + datetime.timedelta(days=1)
    session.create("AssetVersion", asset=session.query("Asset").first(), task=task, comment="first")
    session.create("Timelog", context=task, duration=3600, comment="drawn")
    session.delete(created)
    session.commit()
    session.delete(delivery)
    session.commit()
    _write_custom_attributes(session, task)


def _write_custom_attributes(session: Session, task: Any) -> None:
    kind = session.query("CustomAttributeType where name is text").one()
    options = {
        "entity_type": "task",
        "object_type_id": task["object_type_id"],
        "type": kind,
        "default": "none yet",
        "config": "{}",
    }
    session.create("CustomAttributeConfiguration", key="grade", label="Grade", **options)
    session.commit()
    session.refresh(task)
    task["custom_attributes"]["grade"] = "dark"
    session.commit()


def _change_accounts(session: Session) -> None:
    role, other_role = (session.create("SecurityRole", name=name) for name in ("Manager", "Artist"))
    label = session.create("NoteLabel", name="Client", sort=1)
    user = session.create("User", first_name="Ada")
    session.commit()
    project_id = session.query("select id from Project").one()["id"]
    note = session.create("Note", content="Approved.", parent_id=project_id, parent_type="Project")
    session.create("NoteLabelLink", note=note, label=label)
    session.create("Component", name="plain")
    session.commit()
    acting = {"user_id": user.id, "role_id": role.id}
    for action, more in (
        ("add_user_security_role", {}),
        ("grant_user_security_role_project", {"project_id": project_id}),
        ("grant_user_security_role_project", {"all_open_projects": True}),
        ("update_user_security_role", {"new_role_id": other_role.id}),
    ):
        session.call([{"action": action, **acting, **more}])
    acting["role_id"] = other_role.id
    session.call([{"action": "revoke_user_security_role_project", "project_id": project_id, **acting}])
    session.call([{"action": "remove_user_security_role", **acting}])
    session.call([{"action": "send_user_invite", "user_id": user.id}])
    session.call([{"action": "get_widget_url", "name": "info", "entity_type": "Project", "entity_key": [project_id]}])
    reset = {"action": "reset_remote", "reset_type": "api_key", "entity_type": "User", "entity_key": user.id}
    session.call([reset, {"action": "delayed_job", "job_type": "SYNC_USERS_LDAP", "data": {"context_id": project_id}}])
    session.call([{"action": "query", "expression": "select __permissions.status_id, name from TypedContext limit 3"}])
