"""Notes, timers, jobs and project schemas have the methods of the official client."""

from __future__ import annotations

from typing import Any

from tests.compat.conftest import Both, Studio, raised


def me(studio: Studio) -> Any:
    return studio.session.query(f'User where username is "{studio.session.api_user}"').one()


def test_notes_have_authors_recipients_and_replies(both: Both) -> None:
    def run(studio: Studio) -> Any:
        session, task, user = studio.session, studio.get("Task"), me(studio)
        label = session.query("NoteLabel order by name").first()
        note = task.create_note("first", user, recipients=[user], labels=[label])
        reply = note.create_reply("second", user)
        session.commit()
        found = session.query(f'Note where parent_id is "{task["id"]}" and content is "first"').one()
        return (
            (note["content"], note["author"] == user, reply["in_reply_to"] == note, found is note),
            [each["resource_id"] == user["id"] for each in note["recipients"]],
            [each["label"]["name"] for each in note["note_label_links"]],
            raised(studio.client, lambda: task.create_note("x", user, category=label, labels=[label]), ValueError)[-1:],
        )

    both(run)


def test_timers_become_time_logs(both: Both) -> None:
    def run(studio: Studio) -> Any:
        task = studio.get("Task")
        user = studio.session.create(
            "User", {"username": f"timer.{studio.production.name}", "email": f"{studio.production.name}@studio.test"}
        )
        studio.session.commit()
        timer = user.start_timer(task, comment="anim", name="timed")
        again = raised(studio.client, lambda: user.start_timer(task))
        studio.session.rollback()
        timelog = user.stop_timer()
        return (
            (timer["name"], timer["comment"], timer["context_id"] == task["id"], "NotUniqueError" in again),
            (timelog["comment"], timelog["name"], timelog["duration"] < 60, timelog["user"] == user),
            "NoResultFoundError" in raised(studio.client, user.stop_timer),
        )

    both(run)


def test_jobs_of_programs_have_one_type(both: Both) -> None:
    def run(studio: Studio) -> Any:
        job = studio.session.create("Job", {"user": me(studio), "status": "running", "data": '{"description": "x"}'})
        studio.session.commit()
        job["status"] = "done"
        studio.session.commit()
        wrong = raised(
            studio.client, lambda: studio.session.create("Job", {"type": "x", "user": me(studio)}), ValueError
        )
        return job["status"], job["type"], wrong

    both(run)


def test_project_schemas_have_statuses_and_types(both: Both) -> None:
    def run(studio: Studio) -> Any:
        schema = studio.get("Project")["project_schema"]
        kind = schema.get_types("Task")[0]
        return (
            sorted(each["name"] for each in schema.get_statuses("Task")),
            sorted(each["name"] for each in schema.get_statuses("Task", kind["id"])),
            sorted(each["name"] for each in schema.get_statuses("Shot")),
            sorted(each["name"] for each in schema.get_types("Task")),
            sorted(each["name"] for each in schema.get_statuses("AssetVersion")),
            raised(studio.client, lambda: schema.get_statuses("Spaceship"), ValueError),
            raised(studio.client, lambda: schema.get_types("User"), ValueError)[-1:],
        )

    both(run)
