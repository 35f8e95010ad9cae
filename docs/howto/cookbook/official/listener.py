"""A listener with ftrack-python-api: a shot goes to review when the last of its tasks does."""


def listen(session):
    """Update shots when their tasks change; events are handled while `session.event_hub.wait()` runs."""

    def task_changed(event):
        for change in event["data"].get("entities", []):
            if change.get("entityType") != "task" or "statusid" not in (change.get("keys") or []):
                continue
            # The session would return cached values, so the values that may have changed are queried again.
            task = session.query(f'select parent_id, status from Task where id is "{change["entityId"]}"').first()
            if task is None:
                continue
            siblings = session.query(f'select status.name from TypedContext where parent_id is "{task["parent_id"]}"')
            if all(sibling["status"]["name"] == "Pending Review" for sibling in siblings):
                shot = session.get("TypedContext", task["parent_id"])
                shot["status"] = task["status"]
                session.commit()

    session.event_hub.subscribe("topic=ftrack.update", task_changed)
