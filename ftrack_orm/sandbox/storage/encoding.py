"""Edge: the action `encode_media`: a job that encodes a file for browsers in the background.

Facts (PROTOCOL 2.2, 8.3): the reply names the job, whose data is JSON text with the output components, the source and
`keep_original`. Official documentation: the components belong to the version, the image becomes its thumbnail, they are
named `ftrackreview-mp4` and `ftrackreview-image`, and their metadata `ftr_meta` describes them for the player.

A file that cannot be encoded makes a failed job without outputs, whose data says why. An output has its file, size and
location when the job is done.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ftrack_orm.sandbox.raw_action import text_argument
from ftrack_orm.sandbox.writing import mutation
from ftrack_orm.schema.facts import SERVER_LOCATION_ID
from ftrack_orm.wire import json_text

from . import encoders, media
from .file_reader import open_file
from .stored_file import StoredFile

if TYPE_CHECKING:
    from ftrack_orm.sandbox.writing.store import Store

    from .storage import Storage

#: Kind of media -> the media types it is encoded to.
_OUTPUTS = {media.MOVIE: (encoders.MP4, encoders.JPEG), media.IMAGE: (encoders.JPEG,)}

#: Media type -> the name of the component.
_NAMES = {encoders.MP4: "ftrackreview-mp4", encoders.JPEG: "ftrackreview-image"}


@attrs.frozen
class Encoding:
    """The source of a job, and the components of its outputs by media type."""

    job_id: str
    source: StoredFile
    outputs: Mapping[str, str]
    version_id: str | None
    keep_original: bool


@attrs.frozen
class _Output:
    component_id: str
    media_type: str
    size: int
    description: Mapping[str, Any]


def start(store: Store, storage: Storage, body: Mapping[str, Any]) -> str:
    """Create the job and the output components, encode after the commit, and return the job's id.

    Raises the server's errors for an unknown component or version.
    """
    component_id = text_argument(body, "component_id")
    version_id = text_argument(body, "version_id") if body.get("version_id") else None
    component = store.get("Component", (component_id,))
    if version_id is not None:
        store.get("AssetVersion", (version_id,))
    keep_original = body.get("keep_original") is not False  # clients also send "auto" and null
    source = storage.files.find(component_id)
    kind, problem = _kind(storage, source, str(component["name"]))
    media_types = _OUTPUTS.get(kind, ())
    outputs = {
        media_type: str(
            mutation.create(
                store,
                "FileComponent",
                {"name": _NAMES[media_type], "file_type": encoders.FILE_TYPES[media_type], "version_id": version_id},
            )["id"]
        )
        for media_type in media_types
    }
    data = {
        "output": [{"format": media_type, "component_id": output} for media_type, output in outputs.items()],
        "source_component_id": component_id,
        "keep_original": keep_original,
        "description": problem or f"Encode {component['name']}.",
    }
    values: dict[str, Any] = {
        "data": _json(data),
        "status": "running" if outputs else "failed",
        "user_id": store.request.user_id,
    }
    if not outputs:
        values["finished_at"] = {"__type__": "datetime", "value": store.request.now}
    job_id = str(mutation.create(store, "Job", values)["id"])
    for output in outputs.values():
        mutation.create(store, "JobComponent", {"job_id": job_id, "component_id": output})
    if source is not None and outputs:
        encoding = Encoding(job_id, source, outputs, version_id, keep_original)
        store.start_after_commit(partial(_encode, storage, encoding, data))
    return job_id


def _kind(storage: Storage, source: StoredFile | None, name: str) -> tuple[str, str | None]:
    """Return the kind of a file, and why it is not encoded or None."""
    if source is None:
        return "", f"Not encoded: the server has no file of the component {name!r}."
    with open_file(storage.files, source) as stream:
        try:
            return media.kind_of(stream, source.file_name), None
        except media.Unreadable as error:
            return "", f"Not encoded: {error}"


def _encode(storage: Storage, encoding: Encoding, data: Mapping[str, Any]) -> Callable[[Store], None]:
    """Encode a file, outside of any transaction, and return the function that records the result in one."""
    try:
        outputs = [_encode_one(storage, encoding.source, *output) for output in encoding.outputs.items()]
    except encoders.Cancelled:
        return partial(_fail, storage, encoding, data, "The server was stopped.")
    except Exception as error:  # the libraries raise errors of many kinds for damaged media
        return partial(_fail, storage, encoding, data, f"Not encoded: {type(error).__name__}: {error}")
    return partial(_finish, encoding, outputs)


def _encode_one(storage: Storage, source: StoredFile, media_type: str, component_id: str) -> _Output:
    file_name = _NAMES[media_type] + encoders.FILE_TYPES[media_type]
    with tempfile.TemporaryDirectory(prefix="ftrack-sandbox-") as folder, open_file(storage.files, source) as stream:
        target = Path(folder) / file_name
        description = encoders.encode(stream, source.file_name, media_type, target, lambda: storage.is_stopping)
        with target.open("rb") as encoded:
            segment = storage.files.write(encoded)
    storage.files.put(StoredFile(component_id, file_name, media_type, (segment,)))
    return _Output(component_id, media_type, segment.size, description)


def _finish(encoding: Encoding, outputs: Sequence[_Output], store: Store) -> None:
    """Record the outputs of a job, which another request may have deleted meanwhile."""
    for output in outputs:
        if store.find("Component", (output.component_id,)) is None:
            continue
        mutation.update(store, "FileComponent", (output.component_id,), {"size": output.size})
        location = {"component_id": output.component_id, "location_id": SERVER_LOCATION_ID}
        mutation.create(store, "ComponentLocation", location)
        metadata = {"key": "ftr_meta", "value": _json(output.description)}
        mutation.create(
            store, "Metadata", {**metadata, "parent_id": output.component_id, "parent_type": "FileComponent"}
        )
        is_thumbnail = output.media_type == encoders.JPEG
        if is_thumbnail and encoding.version_id and store.find("AssetVersion", (encoding.version_id,)) is not None:
            mutation.update(store, "AssetVersion", (encoding.version_id,), {"thumbnail_id": output.component_id})
            store.change_log.name_action("AssetVersion", (encoding.version_id,), "encoded")
    if not encoding.keep_original and store.find("Component", (encoding.source.component_id,)) is not None:
        mutation.delete(store, [("Component", (encoding.source.component_id,))])
    _end_job(store, encoding, "done", {})


def _fail(storage: Storage, encoding: Encoding, data: Mapping[str, Any], problem: str, store: Store) -> None:
    """Record that nothing was encoded: the outputs are deleted, and the job's data says why."""
    for output in encoding.outputs.values():
        storage.remove(output)
        if store.find("Component", (output,)) is not None:
            mutation.delete(store, [("Component", (output,))])
    _end_job(store, encoding, "failed", {"data": _json({**data, "output": [], "description": problem})})


def _end_job(store: Store, encoding: Encoding, status: str, values: Mapping[str, Any]) -> None:
    if store.find("Job", (encoding.job_id,)) is not None:
        finished_at = {"__type__": "datetime", "value": store.request.now}
        mutation.update(store, "Job", (encoding.job_id,), {**values, "status": status, "finished_at": finished_at})


def _json(value: Mapping[str, Any]) -> str:
    return json_text.dumps(value).decode("utf-8")
