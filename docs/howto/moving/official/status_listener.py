"""A plugin: a task that is approved makes the next one of its shot ready to start."""

import functools
import logging

import ftrack_api
import ftrack_api.session

logger = logging.getLogger("studio.status_listener")
ORDER = ["Modeling", "Rigging", "Animation", "Lighting", "Compositing"]


def callback(session, event):
    """Handle changes of statuses."""
    for entity in event["data"].get("entities", []):
        if entity.get("entityType") != "task" or entity.get("action") != "update":
            continue
        if "statusid" not in (entity.get("keys") or []):
            continue
        task = session.get("Task", entity["entityId"])
        if not task or task.entity_type != "Task":
            continue
        status = session.get("Status", entity["changes"]["statusid"]["new"])
        if status["name"] != "Approved" or task["type"]["name"] not in ORDER[:-1]:
            continue
        following = ORDER[ORDER.index(task["type"]["name"]) + 1]
        ready = session.query('Status where name is "Ready to start"').one()
        for other in task["parent"]["children"]:
            if other["type"]["name"] == following and other["status"]["name"] == "Not started":
                other["status"] = ready
        try:
            session.commit()
        except Exception:
            logger.exception("The status could not be set.")
            session.rollback()
            raise


def register(session, **kw):
    """Register the plugin, unless the session is that of another version of the client."""
    if not isinstance(session, ftrack_api.session.Session):
        return
    session.event_hub.subscribe("topic=ftrack.update", functools.partial(callback, session))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    session = ftrack_api.Session(auto_connect_event_hub=True)
    register(session)
    session.event_hub.wait()
