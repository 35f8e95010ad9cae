"""State: asking the server to encode media, so that browsers can play it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftrack_orm.behaviours.identity import id_of, is_saved
from ftrack_orm.entities.entity import Entity
from ftrack_orm.errors import InvalidValue, ProtocolError, UsageError, quoted
from ftrack_orm.wire.operations import RawOperation

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services


def encode_media(
    services: Services, media: Any, version: Entity | str | None, keep_original: bool | str, **options: Any
) -> Entity:
    """Return the job that encodes *media*; see `Session.encode_media`."""
    if not isinstance(media, Entity):
        from .transfer_block import transfer

        with transfer(services, **options) as block:
            review = block.review(version, media, keep_original=keep_original)
        return review.job
    if media.__entity_type__ not in ("FileComponent", "Component"):
        raise InvalidValue(f"A file or a FileComponent can be encoded, not {media!r}.")
    if not is_saved(media):
        raise UsageError(f"{media!r} is not committed, and the server encodes what it has. Commit it first.")
    (reply,) = services.call([encoding_operation(media, version, keep_original)])
    return job_of(services, reply)


def encoding_operation(component: Entity, version: Entity | str | None, keep_original: bool | str) -> RawOperation:
    """Return the operation that lets the server encode *component*.

    *keep_original* is `"auto"` for True: the component exists for its own sake.
    """
    if keep_original not in (True, False, "auto"):
        raise InvalidValue(f"keep_original is True, False or 'auto', not {quoted(keep_original)}.")
    return RawOperation(
        {
            "action": "encode_media",
            "component_id": id_of(component),
            "version_id": id_of(version) if isinstance(version, Entity) else version,
            "keep_original": keep_original in (True, "auto"),
        }
    )


def job_of(services: Services, reply: Any) -> Entity:
    """Return the job in the reply to an encoding operation. Makes no request: the job is loaded when it is read."""
    body = reply.get("data") if isinstance(reply, dict) and isinstance(reply.get("data"), dict) else reply
    job_id = (body.get("job_id") or body.get("id")) if isinstance(body, dict) else None
    if not isinstance(job_id, str):
        raise ProtocolError(f"The server's reply to encode_media has no id of a job: {quoted(reply)}.")
    (job,) = services.workspace.loader.merge([{"__entity_type__": "Job", "id": job_id}])
    return job
