"""A plugin: a task that is approved makes the next one of its shot ready to start."""

import ftrack_orm

ORDER = ["Modeling", "Rigging", "Animation", "Lighting", "Compositing"]


def status_changed(session, task):
    """Handle a task whose status has changed; an error is logged by the library with the event."""
    if task.status.name != "Approved" or task.type.name not in ORDER[:-1]:
        return
    following = ORDER[ORDER.index(task.type.name) + 1]
    ready = session.query("Status").where(name="Ready to start").one()
    with session.begin():
        for other in task.parent.children:
            if other.type.name == following and other.status.name == "Not started":
                other.status = ready


def register(session, **kw):
    """Register the plugin."""
    session.on_change("Task", lambda change: status_changed(session, change.entity), attributes=["status"])


if __name__ == "__main__":
    session = ftrack_orm.Session(auto_connect_event_hub=True)
    register(session)
    session.event_hub.wait()
