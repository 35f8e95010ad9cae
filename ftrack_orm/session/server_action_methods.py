"""Edge: the methods of a session for actions of the server beyond its data: invitations, widgets, jobs, keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .session_methods import SessionMethods

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ftrack_orm.behaviours.server_actions import ServerActions
    from ftrack_orm.entities.entity import Entity


class ServerActionMethods(SessionMethods):
    """The methods of `Session` for actions of the server."""

    def send_user_invite(self, user: Entity | str) -> None:
        """Have the server send an invitation by e-mail to *user*, a committed `User` or an id."""
        self.send_user_invites([user])

    def send_user_invites(self, users: Iterable[Entity | str]) -> None:
        """Have the server send an invitation by e-mail to each of *users*, in one request."""
        self._server_actions.send_user_invites(users)

    def send_review_session_invite(self, invitee: Entity | str) -> None:
        """Have the server send an invitation to *invitee*, a committed `ReviewSessionInvitee` or an id."""
        self.send_review_session_invites([invitee])

    def send_review_session_invites(self, invitees: Iterable[Entity | str]) -> None:
        """Have the server send an invitation by e-mail to each of *invitees* of review sessions, in one request."""
        self._server_actions.send_review_session_invites(invitees)

    def get_widget_url(self, name: str, entity: Entity | None = None, theme: str | None = None) -> str:
        """Return the URL of a widget of the web interface: `"info"`, `"tasks"` or `"tasks_browser"`.

        The URL has a token that is valid for about six minutes. Some widgets show an *entity*, which is committed.
        *theme* is `"light"` or `"dark"`.
        """
        return self._server_actions.get_widget_url(name, entity, theme)

    def reset_remote(self, reset_type: str, entity: Entity | None = None) -> Mapping[str, Any]:
        """Have the server reset something, such as the `"api_key"` of a user, and return its answer."""
        return self._server_actions.reset_remote(reset_type, entity)

    def delayed_job(self, job_type: str, data: Mapping[str, Any] | None = None) -> Entity:
        """Have the server start a job of its own, such as `"SYNC_USERS_LDAP"`, and return the `Job`.

        *data* are the arguments of the job. `session.refresh(job)` reads its status again.
        """
        return self._server_actions.delayed_job(job_type, data)

    def get_upload_metadata(
        self,
        component_id: Entity | str,
        file_name: str | None = None,
        file_size: int | None = None,
        checksum: str | None = None,
        parts: int | None = None,
    ) -> dict[str, Any]:
        """Return where and how the data of a component is uploaded: a URL and its headers, or a URL for each part.

        For tools that send the data themselves. *checksum* is the MD5 in Base64, *file_size* in bytes. Name and size
        are those of the component when left out.
        """
        return self._server_actions.get_upload_metadata(
            component_id, file_name=file_name, file_size=file_size, checksum=checksum, parts=parts
        )

    def job(self, description: str, user: Entity | None = None, **data: Any) -> AbstractContextManager[Entity]:
        """Return a context manager that runs its block as a job, which users see: running, and done at the end.

        The `Job` is committed at once, and nothing else with it; `job.progress(3, of=10)` shows how far it is. When the
        block raises, when a signal ends the process, or when it ends while another thread is in the block, the job is
        marked as failed, with the reason in its description. *user* is the one of the session when left out. *data* are
        more entries of the job's data.
        """
        from ftrack_orm.behaviours.job_blocks import job_block

        return job_block(self._services, description, user, data)

    @property
    def _server_actions(self) -> ServerActions:
        from ftrack_orm.behaviours.server_actions import ServerActions

        return ServerActions(self._services)
