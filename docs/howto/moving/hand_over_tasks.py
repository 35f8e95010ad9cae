"""Hand the open tasks of one artist over to another, when one is ill."""

import ftrack_orm
from ftrack_orm import inspect


def hand_over(session, username, replacement, message):
    """Reassign the open tasks of *username*, with a note on each. Return their names."""
    try:
        artist = session.query("User").where(username=username).one()
        other = session.query("User").where(username=replacement).one()
    except ftrack_orm.errors.NoResult as error:
        raise ValueError(f"There is no such user: {error}") from error

    names = []
    for assignment in session.query("Appointment").where(resource=artist, type="assignment").all():
        task = assignment.context
        if task is None or inspect(task).entity_type != "Task" or task.status.state.short == "DONE":
            continue
        if other.id not in [each.resource_id for each in task.assignments]:
            session.create("Appointment", context=task, resource=other, type="assignment")
        session.delete(assignment)
        task.create_note(message, author=other, recipients=[artist])
        names.append(task.name)
    session.commit()
    return sorted(names), len(session.created), len(session.deleted)


if __name__ == "__main__":
    print(hand_over(ftrack_orm.Session(), "arjun.mehta", "noor.haddad", "Please take over."))
