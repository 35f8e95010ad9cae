"""Pure: the responses with which the storage refuses requests, as errors that handlers raise."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from ftrack_orm.sandbox import error_response


def refusal(
    kind: type[web.HTTPException],
    content: str,
    exception: str = "StorageError",
    headers: Mapping[str, str] | None = None,
) -> web.HTTPException:
    """Return a response with the error object that the API responds with, too."""
    body = error_response.body({"exception": exception, "content": content, "error_code": None})
    return kind(text=body.decode(), content_type="application/json", headers=headers)


def no_file(component_id: str) -> web.HTTPException:
    """Return the response to a request for the missing file of a component."""
    return refusal(web.HTTPNotFound, f"The server has no file of the component {component_id!r}.", "NotFound")


def signature_refused(text: str) -> web.HTTPException:
    """Return the response to a signed URL that was changed or has expired."""
    return refusal(web.HTTPForbidden, text, "SignatureRefused")


def disk_error(error: OSError) -> web.HTTPException:
    """Return the response to a request that failed because of the disk."""
    return refusal(web.HTTPInternalServerError, f"The storage cannot be read or written: {error.strerror or error}.")


def injected(status: int) -> web.HTTPException:
    """Return a response with the HTTP status that a test asks for."""
    response = refusal(web.HTTPInternalServerError, "The storage failed on purpose.")
    response.set_status(status)
    return response
