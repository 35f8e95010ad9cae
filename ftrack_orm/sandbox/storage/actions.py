"""Edge: the actions of the embedded server that concern its storage, such as `get_upload_metadata`.

Facts (PROTOCOL 4, 8.3): a file is sent with PUT to the URL of `get_upload_metadata`, in one part with all of its
headers, or in several parts with a URL each. The component need not exist yet.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.sandbox import server_errors
from ftrack_orm.sandbox.raw_action import text_argument

from . import encoding, file_names
from .uploads import Declared, tags_of

if TYPE_CHECKING:
    from ftrack_orm.sandbox.raw_action import RawAction
    from ftrack_orm.sandbox.writing.store import Store

    from .storage import Storage

#: The parts that an upload has at most, and the largest file, 5 TiB (limits of Amazon S3, which clients assume).
MAX_PARTS = 10_000
MAX_FILE_BYTES = 5 * 1024**4


def get_upload_metadata(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the URL and the headers to send a file with, or the URLs of its parts."""
    storage, base_url = _storage(store, body), store.request.base_url
    declared = _declared(store, body)
    part_count = _number(body, "parts", 1, MAX_PARTS)
    if part_count is None:
        url = storage.upload_url(base_url, declared)
        return {"url": url, "headers": _headers(declared), "component_id": declared.component_id}
    upload = storage.uploads.start(declared, part_count)
    urls = [
        {"part_number": number, "signed_url": storage.upload_url(base_url, declared, upload.upload_id, number)}
        for number in range(1, part_count + 1)
    ]
    return {"component_id": declared.component_id, "upload_id": upload.upload_id, "urls": urls}


def complete_multipart_upload(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Make the parts that were sent the file of a component, and return its URL."""
    storage = _storage(store, body)
    component_id, upload_id = text_argument(body, "component_id"), text_argument(body, "upload_id")
    parts = body.get("parts")
    if not isinstance(parts, list) or not parts:
        raise server_errors.validation_error(f"parts must be the list of the parts, not {parts!r:.200}.")
    storage.uploads.complete(component_id, upload_id, tags_of(parts))
    url = storage.download_url(store.request.base_url, component_id)
    return {"action": "complete_multipart_upload", "component_id": component_id, "url": url}


def generate_signed_url(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a URL that needs no credentials and expires. Clients read it under different names (PROTOCOL 8.3)."""
    storage, component_id = _storage(store, body), text_argument(body, "component_id")
    operation = body.get("operation") or "get"
    if operation != "get":
        raise server_errors.validation_error(f"The operation must be 'get', not {operation!r:.100}.")
    if storage.files.find(component_id) is None and store.find("Component", (component_id,)) is None:
        raise server_errors.entity_not_found("Component", [component_id])
    url = storage.download_url(store.request.base_url, component_id)
    names = {"url": url, "signed_url": url}
    return {"action": "generate_signed_url", "data": names, **names}


def encode_media(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Start a job that encodes a file for browsers. Clients read its id under different names (PROTOCOL 8.3)."""
    job_id = encoding.start(store, _storage(store, body), body)
    names = {"job_id": job_id, "id": job_id}
    return {"action": "encode_media", "data": names, **names}


#: Action -> the function that executes it.
ACTIONS: Mapping[str, RawAction] = {
    "get_upload_metadata": get_upload_metadata,
    "complete_multipart_upload": complete_multipart_upload,
    "generate_signed_url": generate_signed_url,
    "encode_media": encode_media,
}


def _storage(store: Store, body: Mapping[str, Any]) -> Storage:
    if store.request.storage is None:
        action = str(body.get("action"))
        raise SandboxUnsupported(f"This server has no storage, so it does not support {action!r}.", action=action)
    return store.request.storage


def _declared(store: Store, body: Mapping[str, Any]) -> Declared:
    """Return the file that a request announces; the component supplies what the request leaves out."""
    component_id = text_argument(body, "component_id")
    component = store.find("Component", (component_id,))
    file_name, size = body.get("file_name"), _number(body, "file_size", 0, MAX_FILE_BYTES)
    if component is not None:
        file_name = file_name or f"{component['name']}{component['file_type'] or ''}"
        # Clients that state no size create components without one, whose size is 0 then.
        size = component["size"] or None if size is None else size
    file_name = text_argument({**body, "file_name": file_name or "file"}, "file_name")
    checksum = body.get("checksum") or None
    if checksum is not None and not isinstance(checksum, str):
        raise server_errors.validation_error(f"checksum must be an MD5 in base64, not {checksum!r:.100}.")
    md5 = None if checksum is None else file_names.md5_of_checksum(checksum)
    return Declared(component_id, file_name, file_names.content_type(file_name), size, md5)


def _headers(declared: Declared) -> dict[str, str]:
    headers = {
        "Content-Type": declared.content_type,
        "Content-Disposition": file_names.content_disposition(declared.file_name),
    }
    if declared.size is not None:
        headers["Content-Length"] = str(declared.size)
    if declared.md5 is not None:
        headers["Content-MD5"] = base64.b64encode(bytes.fromhex(declared.md5)).decode()
    return headers


def _number(body: Mapping[str, Any], name: str, low: int, high: int) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not low <= value <= high:
        raise server_errors.validation_error(f"{name} must be a number from {low} to {high}, not {value!r:.100}.")
    return value
