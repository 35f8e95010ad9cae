"""Pure: the invitations that the embedded server would have sent by email, for tests to read."""

from __future__ import annotations

import datetime

import attrs


@attrs.frozen(kw_only=True)
class Invitation:
    """An invitation to use ftrack, or to take part in a review session.

    Attributes:
        action: the action that has sent it, `send_user_invite` or `send_review_session_invite`.
        recipient_id: the id of the `User` or of the `ReviewSessionInvitee`.
        email: the address it would have been sent to, None for a user without one.
        review_session_id: the review session it invites to, None for a user's.
        sent_by: the id of the user that has made the request.
        sent_at: the time of the request, in UTC.
    """

    action: str
    recipient_id: str
    email: str | None
    review_session_id: str | None = None
    sent_by: str | None
    sent_at: datetime.datetime
