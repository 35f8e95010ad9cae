"""Edge: the actions of the embedded server about users, invitations and jobs, such as `reset_remote`.

No email leaves the server: invitations are kept for tests, see `Sandbox.invitations`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import credentials, role_actions, server_errors, widgets
from .invitations import Invitation
from .raw_action import text_argument
from .writing import mutation

if TYPE_CHECKING:
    from .raw_action import RawAction
    from .writing.store import Store


def _send_user_invite(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    user = store.get("User", (text_argument(body, "user_id"),))
    _invite(store, body, user["id"], user.get("email"))
    return {"sent": True}


def _send_review_session_invite(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    invitee = store.get("ReviewSessionInvitee", (text_argument(body, "review_session_invitee_id"),))
    _invite(store, body, invitee["id"], invitee["email"], invitee["review_session_id"])
    store.update("ReviewSessionInvitee", (invitee["id"],), {"last_sent_at": store.request.now})
    return {"sent": True}


def _invite(
    store: Store, body: Mapping[str, Any], recipient_id: str, email: str | None, review_session_id: str | None = None
) -> None:
    store.invitations.append(
        Invitation(
            action=body["action"],
            recipient_id=recipient_id,
            email=email,
            review_session_id=review_session_id,
            sent_by=store.request.user_id,
            sent_at=store.request.received_at,
        )
    )


def _reset_remote(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Give a user a new personal API key. The server knows no passwords, which real ones can reset as well."""
    reset_type, entity_type = text_argument(body, "reset_type"), text_argument(body, "entity_type")
    if (reset_type, entity_type) != ("api_key", "User"):
        raise server_errors.validation_error(
            f"The embedded server resets the 'api_key' of a 'User', not the {reset_type!r} of a {entity_type!r}."
        )
    # The key is text here, and no list as in other actions (protocol fact).
    user = store.get("User", (text_argument(body, "entity_key"),))
    api_key = credentials.reset_personal_key(store.connection, user["id"])
    return {"action": body["action"], "data": {"api_key": api_key}}


def _delayed_job(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Create the job. The embedded server does not carry it out, so that it stays queued until a client updates it."""
    job_type, data = text_argument(body, "job_type"), body.get("data")
    job = {"type": job_type, "data": json.dumps({} if data is None else data), "status": "queued"}
    return {"action": body["action"], "data": mutation.create(store, "Job", job)}


#: Action -> the function that executes it.
ACTIONS: Mapping[str, RawAction] = {
    "delayed_job": _delayed_job,
    "get_widget_url": widgets.get_widget_url,
    "reset_remote": _reset_remote,
    "send_review_session_invite": _send_review_session_invite,
    "send_user_invite": _send_user_invite,
    **role_actions.ACTIONS,
}
