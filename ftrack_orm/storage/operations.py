"""Pure: the operations of the API that concern the server's storage, and the values in their replies (PROTOCOL 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import attrs

from ftrack_orm.errors import ProtocolError, quoted
from ftrack_orm.wire.operations import Operation, RawOperation


class IdempotentOperation(RawOperation):
    """An operation that can be sent twice without harm, although it is not a query."""

    @property
    def is_read_only(self) -> bool:
        """True: a request with nothing else is sent again when its response is lost."""
        return True


@attrs.frozen
class WholeFile:
    """Where a file is sent in one request, and with which headers. The repr has neither: they are credentials."""

    url: str = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)


@attrs.frozen
class FileInParts:
    """Where the parts of a file are sent: the URL of each by its number."""

    upload_id: str = attrs.field(repr=False)
    urls: Mapping[int, str] = attrs.field(repr=False)


def upload_metadata(
    component_id: str, file_name: str, file_size: int, *, parts: int | None, checksum: str | None
) -> Operation:
    """Return the operation that asks where to send a file; *parts* is None for a file that is sent whole."""
    body: dict[str, Any] = {
        "action": "get_upload_metadata",
        "component_id": component_id,
        "file_name": file_name,
        "file_size": file_size,
        "checksum": checksum,
        "parts": parts,
    }
    return IdempotentOperation({name: value for name, value in body.items() if value is not None})


def read_upload_metadata(body: Any, *, parts: int, server_url: str) -> WholeFile | FileInParts:
    """Return the destination in a reply to `get_upload_metadata`. Raises `ProtocolError`."""
    if isinstance(body, Mapping):
        url, headers = body.get("url"), body.get("headers") or {}
        if isinstance(url, str) and isinstance(headers, Mapping):
            return WholeFile(urljoin(f"{server_url}/", url), {str(name): str(text) for name, text in headers.items()})
        urls = _urls_of_parts(body.get("urls"), server_url)
        if isinstance(body.get("upload_id"), str) and sorted(urls) == list(range(1, parts + 1)):
            return FileInParts(body["upload_id"], urls)
    raise ProtocolError(
        f"The server's reply to 'get_upload_metadata' has neither a URL nor the URLs of {parts} parts: it has "
        f"{quoted(sorted(body) if isinstance(body, Mapping) else type(body).__name__)}."
    )


def _urls_of_parts(listed: Any, server_url: str) -> dict[int, str]:
    urls: dict[int, str] = {}
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, Mapping) and isinstance(each.get("signed_url"), str):
            number = each.get("part_number")
            if isinstance(number, int):
                urls[number] = urljoin(f"{server_url}/", each["signed_url"])
    return urls


def complete_upload(component_id: str, upload_id: str, e_tags: Mapping[int, str]) -> Operation:
    """Return the operation that joins the parts of a file on the server."""
    parts = [{"part_number": number, "e_tag": e_tags[number]} for number in sorted(e_tags)]
    return RawOperation(
        {
            "action": "complete_multipart_upload",
            "component_id": component_id,
            "upload_id": upload_id,
            "parts": parts,
        }
    )


def signed_url(component_id: str, operation: str) -> Operation:
    """Return the operation that asks for a signed URL."""
    return IdempotentOperation({"action": "generate_signed_url", "component_id": component_id, "operation": operation})


def read_signed_url(body: Any, server_url: str) -> str:
    """Return the URL in a reply to `generate_signed_url`, which may have several names. Raises `ProtocolError`."""
    data = body.get("data") if isinstance(body, Mapping) else None
    for part in (data, body):
        for name in ("url", "signed_url"):
            url = part.get(name) if isinstance(part, Mapping) else None
            if isinstance(url, str) and url:
                return urljoin(f"{server_url}/", url)
    raise ProtocolError("The server's reply to 'generate_signed_url' has no URL.")
