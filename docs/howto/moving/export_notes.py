"""Export the notes of a project with their replies as JSON, for the archive."""

import json

import ftrack_orm


def as_dictionary(note):
    """Return a note with its replies as plain data."""
    author = note.author
    return {
        "id": note.id,
        "content": note.content,
        "date": note.date.isoformat(),
        "is_todo": note.is_todo,
        "author": getattr(author, "username", None) or getattr(author, "name", None),
        "replies": [as_dictionary(reply) for reply in sorted(note.replies, key=lambda reply: reply.date)],
    }


def export(session, project_name):
    """Return the notes of a project as JSON, by the path of the entity that they belong to."""
    Note = session.types.Note
    notes = session.query(Note).where(Note.in_reply_to_id == None).order_by(Note.date, Note.id)  # noqa: E711
    exported = {}
    for note in notes:
        parent = session.get(note.parent_type, note.parent_id) if note.parent_type in session.types else None
        if parent is None or "link" not in parent or parent.link[0]["name"] != project_name:
            continue
        path = "/".join(item["name"] for item in parent.link)
        exported.setdefault(path, []).append(as_dictionary(note))
    return json.dumps(exported, indent=1, sort_keys=True)


if __name__ == "__main__":
    print(export(ftrack_orm.Session(), "demo"))
