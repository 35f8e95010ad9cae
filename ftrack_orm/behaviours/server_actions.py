"""State: actions of the server that are no edits of entities. Each is carried out at once, in one request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ftrack_orm.entities.entity import Entity
from ftrack_orm.entities.lifecycle import Lifecycle
from ftrack_orm.errors import InvalidValue, ProtocolError, UsageError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .services import Services


def committed_id(entity: Entity | str, entity_type: str, action: str) -> str:
    """Return the id of *entity*, which is an id already or an entity of *entity_type* that the server has.

    Raises `UsageError` for a new entity, and `InvalidValue` for anything else; *action* names what it is needed for.
    """
    if isinstance(entity, str) and entity:
        return entity
    if not isinstance(entity, Entity) or entity_type not in (entity.__entity_type__, *entity.__schema__.bases):
        raise InvalidValue(f"{action} needs a {entity_type}, not {entity!r:.200}.", entity_type=entity_type)
    if entity._ftrack_state.lifecycle is not Lifecycle.PERSISTENT:
        raise UsageError(f"{action} needs an entity that the server has; commit {entity!r} first.")
    return "/".join(entity._ftrack_state.key)


class ServerActions:
    """Carries out actions with the *services* of a session; the methods are those of `Session`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def send_user_invites(self, users: Iterable[Entity | str]) -> None:
        """Have the server send an invitation by e-mail to each of *users*."""
        ids = [committed_id(user, "User", "An invitation") for user in users]
        self._call([{"action": "send_user_invite", "user_id": id_} for id_ in ids])

    def send_review_session_invites(self, invitees: Iterable[Entity | str]) -> None:
        """Have the server send an invitation by e-mail to each of *invitees* of review sessions."""
        ids = [committed_id(invitee, "ReviewSessionInvitee", "An invitation") for invitee in invitees]
        self._call([{"action": "send_review_session_invite", "review_session_invitee_id": id_} for id_ in ids])

    def get_widget_url(self, name: str, entity: Entity | None, theme: str | None) -> str:
        """Return the URL of a widget of the web interface."""
        operation: dict[str, Any] = {"action": "get_widget_url", "name": name, "theme": theme}
        if entity is not None:
            entity_type = getattr(entity, "__entity_type__", "Context")
            key = [committed_id(entity, entity_type, "A widget")]
            operation |= {"entity_type": entity_type, "entity_key": key}
        return str(_value(self._call([operation])[0], "get_widget_url", "widget_url"))

    def reset_remote(self, reset_type: str, entity: Entity | None) -> Mapping[str, Any]:
        """Have the server reset something, and return its answer."""
        operation: dict[str, Any] = {"action": "reset_remote", "reset_type": reset_type}
        if entity is not None:
            entity_type = getattr(entity, "__entity_type__", "User")
            # The action takes the key as text, unlike all others (PROTOCOL 2.2).
            operation |= {"entity_type": entity_type, "entity_key": committed_id(entity, entity_type, "A reset")}
        data = _value(self._call([operation])[0], "reset_remote", "data")
        return data if isinstance(data, dict) else {}

    def delayed_job(self, job_type: str, data: Mapping[str, Any] | None) -> Entity:
        """Have the server start a job of its own, and return the `Job`, whose values are loaded when they are read."""
        operation = {"action": "delayed_job", "job_type": job_type, **({"data": dict(data)} if data else {})}
        row = _value(self._call([operation])[0], "delayed_job", "data")
        id_ = row.get("id") if isinstance(row, dict) else None
        if not isinstance(id_, str):
            message = f"The server started a job and sent {quoted(row)} instead of its Job."
            raise ProtocolError(message, excerpt=quoted(row))
        (job,) = self._services.workspace.loader.merge([{"__entity_type__": "Job", "id": id_}])
        return job

    def get_upload_metadata(self, component: Entity | str, **given: Any) -> dict[str, Any]:
        """Return where and how the data of a component is uploaded. None stands for an argument that is left out."""
        component_id = component if isinstance(component, str) else component.id
        arguments = {name: value for name, value in given.items() if value is not None}
        (metadata,) = self._call([{"action": "get_upload_metadata", "component_id": component_id, **arguments}])
        if not isinstance(metadata, dict):
            raise ProtocolError(f"The server sent {quoted(metadata)} as upload metadata.", excerpt=quoted(metadata))
        return metadata

    def _call(self, operations: list[dict[str, Any]]) -> list[Any]:
        return self._services.call(operations) if operations else []


def _value(reply: Any, action: str, name: str) -> Any:
    if not isinstance(reply, dict) or name not in reply:
        raise ProtocolError(f"The reply to {action} has no {name}: {quoted(reply)}.", excerpt=quoted(reply))
    return reply[name]
