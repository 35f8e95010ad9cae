"""Backends of the package keyring for tests, in place of the keyring of the person who runs them."""

from __future__ import annotations

from typing import Any

import keyring
import keyring.backend
import keyring.errors


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A backend of the package keyring that keeps passwords in memory, by service and user."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.passwords: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.passwords.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.passwords[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.passwords[service, username]


class SearchableKeyring(MemoryKeyring):
    """A backend that finds the user of a service, as those of Windows and of Linux desktops do."""

    def get_credential(self, service: str, username: str | None) -> Any:
        for (known_service, user), password in self.passwords.items():
            if known_service == service and username in (None, user):
                return keyring.credentials.SimpleCredential(user, password)
        return None


class BrokenKeyring(MemoryKeyring):
    """A backend that fails with an error whose text quotes a key."""

    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("s3cret")
