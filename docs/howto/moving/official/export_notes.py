"""Export the notes of a project with their replies as JSON, for the archive."""

import datetime
import json

import arrow
import ftrack_api


def default(value):
    """Write dates as ISO text."""
    if isinstance(value, (datetime.datetime, arrow.Arrow)):
        return value.isoformat()
    raise TypeError(type(value))


def as_dictionary(note):
    """Return a note with its replies as plain data."""
    result = {key: note[key] for key in note.keys() if key in ("id", "content", "date", "is_todo")}
    author = note["author"]
    result["author"] = author.get("username") or author.get("name")
    result["replies"] = [as_dictionary(reply) for reply in sorted(note["replies"], key=lambda reply: reply["date"])]
    return result


def export(session, project_name):
    """Return the notes of a project as JSON, by the path of the entity that they belong to."""
    notes = session.query(
        "select content, date, parent_id, parent_type, author, in_reply_to_id from Note order by date, id"
    )
    exported = {}
    for note in notes:
        if note["in_reply_to_id"]:
            continue
        parent = session.get(note["parent_type"], note["parent_id"]) if note["parent_type"] in session.types else None
        if parent is None or "link" not in parent or parent["link"][0]["name"] != project_name:
            continue
        path = "/".join(item["name"] for item in parent["link"])
        exported.setdefault(path, []).append(as_dictionary(note))
    return json.dumps(exported, default=default, indent=1, sort_keys=True)


if __name__ == "__main__":
    print(export(ftrack_api.Session(), "demo"))
