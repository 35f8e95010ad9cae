"""Hand the open tasks of one artist over to another, when one is ill."""

import ftrack_api


def hand_over(session, username, replacement, message):
    """Reassign the open tasks of *username*, with a note on each. Return their names."""
    try:
        artist = session.query('User where username is "{0}"'.format(username)).one()
        other = session.query('User where username is "{0}"'.format(replacement)).one()
    except ftrack_api.exception.IncorrectResultError as error:
        raise ValueError("There is no such user: {0}".format(error))

    assignments = session.query(
        'select context, resource_id from Appointment where resource_id is "{0}" and type is "assignment"'.format(
            artist["id"]
        )
    ).all()
    names = []
    for assignment in assignments:
        task = assignment["context"]
        if task is None or task.entity_type != "Task" or task["status"]["state"]["short"] == "DONE":
            continue
        resources = [each["resource_id"] for each in task["assignments"]]
        if other["id"] not in resources:
            session.create("Appointment", {"context": task, "resource": other, "type": "assignment"})
        session.delete(assignment)
        task.create_note(message, author=other, recipients=[artist])
        names.append(task["name"])
    if session.recorded_operations:
        session.commit()
    return sorted(names), len(session.created), len(session.deleted)


if __name__ == "__main__":
    print(hand_over(ftrack_api.Session(), "arjun.mehta", "noor.haddad", "Please take over."))
