"""Create sequences, shots and tasks from a table of the editorial department."""

import csv

import ftrack_api


def ingest(session, project_name, lines):
    """Create what is missing for *lines* of CSV: sequence, shot, frames and tasks. Return the names of new shots."""
    try:
        project = session.query('Project where name is "{0}"'.format(project_name)).one()
    except ftrack_api.exception.NoResultFoundError:
        raise SystemExit("There is no project {0}.".format(project_name))

    schema = project["project_schema"]
    types = dict((kind["name"], kind) for kind in schema.get_types("Task"))
    default_status = schema.get_statuses("Shot")[0]
    children = session.query('TypedContext where parent_id is "{0}"'.format(project["id"]))
    sequences = dict((child["name"], child) for child in children if child.entity_type == "Sequence")

    created = []
    for row in csv.DictReader(lines):
        sequence = sequences.get(row["sequence"])
        if sequence is None:
            sequence = session.create("Sequence", {"name": row["sequence"], "parent": project})
            sequences[row["sequence"]] = sequence
        existing = session.query(
            'Shot where name is "{0}" and parent.id is "{1}"'.format(row["shot"], sequence["id"])
        ).first()
        if existing:
            continue
        shot = session.create("Shot", {"name": row["shot"], "parent": sequence, "status": default_status})
        for name in row["tasks"].split("+"):
            task = session.create("Task", {"name": name, "parent": shot, "type": types[name]})
            task["bid"] = float(row["days"]) * 8 * 3600
        session.commit()
        shot["custom_attributes"]["fstart"] = float(row["first"])
        shot["custom_attributes"]["fend"] = float(row["last"])
        created.append(shot["name"])
    session.commit()
    return created


if __name__ == "__main__":
    with ftrack_api.Session() as session, open("editorial.csv") as lines:
        print(ingest(session, "demo", lines))
