"""Edge: the methods of a session for the server itself: its information, actions and raw operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .conversion import unwrap
from .error_translation import translated

if TYPE_CHECKING:
    from ftrack_orm.session.session import Session as NativeSession


class ServerMethods:
    """The methods of a session for the server itself."""

    _native: NativeSession

    @property
    def server_url(self) -> str:
        """The address of the server."""
        return self._native.server_url

    @property
    def api_user(self) -> str:
        """The user that the session acts as."""
        return self._native.api_user

    @property
    def api_key(self) -> str:
        """The API key of the user."""
        return str(self._native.settings.api_key)

    @property
    @translated
    def schemas(self) -> list[dict[str, Any]]:
        """The server's description of its entity types."""
        return self._native.schemas

    @property
    @translated
    def server_information(self) -> dict[str, Any]:
        """A copy of the server's information about itself."""
        return dict(self._native.server_information)

    @translated
    def check_server_compatibility(self) -> None:
        """Ask the server for its version. Raises `ServerCompatibilityError` for one that is too old."""
        self._native.server_information.get("version")

    @translated
    def send_user_invite(self, user: Any) -> None:
        """Send a user an invitation."""
        self._native.send_user_invite(unwrap(user))

    @translated
    def send_user_invites(self, users: Iterable[Any]) -> None:
        """Send several users an invitation."""
        self._native.send_user_invites(unwrap(list(users)))

    @translated
    def send_review_session_invite(self, invitee: Any) -> None:
        """Send an invitation to a review session."""
        self._native.send_review_session_invite(unwrap(invitee))

    @translated
    def send_review_session_invites(self, invitees: Iterable[Any]) -> None:
        """Send several invitations to a review session."""
        self._native.send_review_session_invites(unwrap(list(invitees)))

    @translated
    def get_widget_url(self, name: str, entity: Any = None, theme: str | None = None) -> str:
        """Return the address of a widget, which can be opened without logging in for some minutes."""
        return self._native.get_widget_url(name, unwrap(entity), theme)

    @translated
    def reset_remote(self, reset_type: str, entity: Any = None) -> Mapping[str, Any]:
        """Have the server reset something, such as the `api_key` of a user."""
        return self._native.reset_remote(reset_type, unwrap(entity))

    @translated
    def get_upload_metadata(
        self, component_id: str, file_name: str, file_size: int, checksum: str | None = None
    ) -> dict[str, Any]:
        """Return the address and the headers for uploading the file of a component."""
        return dict(self._native.get_upload_metadata(component_id, file_name, file_size, checksum))
