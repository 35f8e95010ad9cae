"""Create sequences, shots and tasks from a table of the editorial department."""

import csv

import ftrack_orm


def ingest(session, project_name, lines):
    """Create what is missing for *lines* of CSV: sequence, shot, frames and tasks. Return the names of new shots."""
    try:
        project = session.query("Project").where(name=project_name).one()
    except ftrack_orm.errors.NoResult:
        raise SystemExit(f"There is no project {project_name}.") from None

    schema = project.project_schema
    types = {kind.name: kind for kind in schema.get_types("Task")}
    default_status = schema.get_statuses("Shot")[0]
    sequences = {sequence.name: sequence for sequence in session.query("Sequence").where(parent=project)}
    existing = {(shot.parent_id, shot.name) for shot in session.query("Shot").where(project=project)}

    created = []
    for row in csv.DictReader(lines):
        sequence = sequences.get(row["sequence"])
        if sequence is None:
            sequence = sequences[row["sequence"]] = session.create("Sequence", name=row["sequence"], parent=project)
        if (sequence.id, row["shot"]) in existing:
            continue
        shot = session.create("Shot", name=row["shot"], parent=sequence, status=default_status)
        for name in row["tasks"].split("+"):
            session.create("Task", name=name, parent=shot, type=types[name], bid=float(row["days"]) * 8 * 3600)
        shot.custom_attributes.update({"fstart": float(row["first"]), "fend": float(row["last"])})
        created.append(shot.name)
    session.commit()
    return created


if __name__ == "__main__":
    with ftrack_orm.Session() as session, open("editorial.csv") as lines:
        print(ingest(session, "demo", lines))
