"""Edge: finds the server, user and key of a session: arguments, environment, the system keyring, ftrack Connect.

The first source that has a value provides it. Keyring and Connect are read only when one is missing, and their accounts
are taken only if they agree with the values that are known: a key is never sent to another server than its own.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import attrs
import platformdirs

from .errors import SettingsError
from .files import read_regular_file
from .settings import KEY_VARIABLE, LEGACY_KEY_VARIABLE, SERVER_VARIABLE, USER_VARIABLE, normalize_server_url

logger = logging.getLogger("ftrack_orm.session")

#: The environment variables of each value, in the order in which they are read.
VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "server_url": (SERVER_VARIABLE,),
    "api_user": (USER_VARIABLE,),
    # The second name is from before the present API. The official client reads it too.
    "api_key": (KEY_VARIABLE, LEGACY_KEY_VARIABLE),
}
#: The service in the keyring that has the server and the user of a workstation, under the names of the arguments.
KEYRING_SERVICE: Final = "ftrack_orm"
#: Connect's files, the present one first (ftrack Connect 2 and 3, `utils/credentials.py` and `ui/config.py`).
CONNECT_FILES: Final = ("credentials.json", "config.json")
_MAX_FILE_BYTES: Final = 1 << 20


@attrs.frozen
class Credentials:
    """The values found so far, by the names of the arguments, and the source of each."""

    values: Mapping[str, str] = attrs.field(repr=False)
    sources: Mapping[str, str]

    def get(self, name: str) -> str | None:
        """Return a value, or None if it was not found."""
        return self.values.get(name)

    @property
    def server_url(self) -> str | None:
        """The server in the form in which it can be compared, or None."""
        given = self.values.get("server_url")
        return None if given is None else normalize_server_url(given)

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the values that were not found."""
        return tuple(name for name in VARIABLES if name not in self.values)

    def completed(self, values: Mapping[str, str], source: str) -> Credentials:
        """Return the credentials with those of *values* that are missing."""
        added = {name: value for name, value in values.items() if name not in self.values and value}
        return Credentials({**self.values, **added}, {**self.sources, **dict.fromkeys(added, source)})


@attrs.frozen
class Search:
    """The credentials that a search has *found*, and the reasons, for people, of the stores without the others."""

    found: Credentials
    reasons: Sequence[str]


class NotStored(Exception):
    """A store has no account that agrees with the known values. The text is the reason, for people."""


class CredentialStore(Protocol):
    """A place where a workstation keeps accounts."""

    #: The name of the store, for people.
    name: str

    def read(self, known: Credentials) -> Mapping[str, str]:
        """Return values of an account that agrees with those that are *known*, or raise `NotStored`."""


class SystemKeyring(CredentialStore):
    """The keyring of the operating system, through the package `keyring` if it is installed.

    A key is stored under the URL of its server and the name of its user. The service `ftrack_orm` may have the
    `server_url` and the `api_user` of the workstation.
    """

    name = "the system keyring"

    def read(self, known: Credentials) -> Mapping[str, str]:
        """Return the server, user and key as far as the keyring has them."""
        try:
            import keyring
        except ImportError:
            raise NotStored("the package keyring is not installed") from None
        import keyring.errors

        try:
            default_server = _text(keyring.get_password(KEYRING_SERVICE, "server_url"))
        except keyring.errors.NoKeyringError:
            # As on a machine without a desktop. That is no failure: the next store is read.
            raise NotStored("this machine has no keyring") from None
        default_server = default_server and normalize_server_url(default_server)
        server_url = known.server_url or default_server
        if not server_url:
            raise NotStored(f"it has no server_url of the service {KEYRING_SERVICE}")
        user = known.get("api_user")
        # Some backends find the user of a service, others have to be asked for a user.
        credential = keyring.get_credential(server_url, user)
        user = user or _text(getattr(credential, "username", None))
        if not user and server_url == default_server:
            user = _text(keyring.get_password(KEYRING_SERVICE, "api_user"))
        key = _text(keyring.get_password(server_url, user)) if user else None
        if not key and known.get("api_key") is None:
            whose = f"for the user {user}" if user else "for any user that is known"
            raise NotStored(f"it has no key of the service {server_url} {whose}")
        found = {"server_url": server_url, "api_user": user, "api_key": key}
        return {name: value for name, value in found.items() if value}

    def check_installed(self) -> None:
        """Raise `SettingsError` if the package is not installed."""
        _installed_keyring()

    def store(self, server_url: str, api_user: str, api_key: str) -> str:
        """Keep an account, as the default of the workstation, and return the name of the keyring's backend.

        Raises `SettingsError` if the package is not installed, or the keyring does not keep the key.
        """
        keyring = _installed_keyring()
        entries = {
            (server_url, api_user): api_key,
            (KEYRING_SERVICE, "server_url"): server_url,
            (KEYRING_SERVICE, "api_user"): api_user,
        }
        with _clear_keyring_errors("written"):
            for (service, name), text in entries.items():
                keyring.set_password(service, name, text)
            # Some backends accept everything and keep nothing.
            is_kept = all(keyring.get_password(*key) == text for key, text in entries.items())
        if not is_kept:
            raise SettingsError(
                f"The system keyring ({_backend_name()}) does not keep the key. Choose a backend (python -m keyring "
                f"--list-backends), or set {SERVER_VARIABLE}, {USER_VARIABLE} and {KEY_VARIABLE} instead."
            )
        return _backend_name()

    def forget(self, server_url: str, api_user: str) -> bool:
        """Remove an account, and the defaults of the workstation that name it. Return whether the key was stored."""
        keyring = _installed_keyring()
        with _clear_keyring_errors("written"):
            is_known = keyring.get_password(server_url, api_user) is not None
            if is_known:
                keyring.delete_password(server_url, api_user)
            for name, text in (("server_url", server_url), ("api_user", api_user)):
                if keyring.get_password(KEYRING_SERVICE, name) == text:
                    keyring.delete_password(KEYRING_SERVICE, name)
        return is_known


class ConnectConfiguration(CredentialStore):
    """The account that ftrack Connect has signed in with, from the files that Connect writes into *folder*."""

    name = "ftrack Connect"

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        """The folder of Connect's files, by default that of the user."""
        return self._folder or Path(platformdirs.user_data_dir("ftrack-connect", "ftrack"))

    def read(self, known: Credentials) -> Mapping[str, str]:
        """Return the values of the first account that agrees with those that are known."""
        accounts: list[Mapping[str, str]] = []
        for name in CONNECT_FILES:
            try:
                content = read_regular_file(self.folder / name, _MAX_FILE_BYTES)
            except FileNotFoundError:
                continue
            accounts = _accounts(json.loads(content))
            if accounts:
                break
        if not accounts:
            raise NotStored(f"there is no account in {self.folder}")
        for account in accounts:
            if _agrees(account, known):
                return account
        raise NotStored(f"the accounts in {self.folder} are for another server, user or key")


#: The stores of a workstation, in the order in which they are read.
STORES: Final[Sequence[CredentialStore]] = (SystemKeyring(), ConnectConfiguration())


def find_credentials(
    given: Mapping[str, str | None], environ: Mapping[str, str], stores: Sequence[CredentialStore] = STORES
) -> Credentials:
    """Return the server, user and key of a session.

    See `search_credentials` for the arguments. Raises `SettingsError`, which names every missing value, and the places
    where it was looked for.
    """
    search = search_credentials(given, environ, stores)
    if search.found.missing:
        raise _missing(search.found, search.reasons)
    return search.found


def search_credentials(
    given: Mapping[str, str | None], environ: Mapping[str, str], stores: Sequence[CredentialStore] = STORES
) -> Search:
    """Return the credentials that are found, and the reasons of the stores that lack the others.

    *given* are the arguments by their names, and *environ* are the environment variables. *stores* are read in their
    order for values that neither of these has; one that cannot be read is logged and passed over. Raises
    `SettingsError` for the address of a server that is malformed.
    """
    found = Credentials({}, {}).completed({name: value for name, value in given.items() if value}, "argument")
    for name, variables in VARIABLES.items():
        for variable in variables:
            found = found.completed({name: environ.get(variable, "").strip()}, variable)
    reasons: list[str] = []
    if found.missing:
        found.server_url  # noqa: B018 - raises for one that is malformed
    for store in stores:
        if not found.missing:
            break
        missing = found.missing
        try:
            found = found.completed(store.read(found), store.name)
        except NotStored as reason:
            reasons.append(f"{store.name}: {reason}")
        except Exception as error:
            # A keyring runs foreign code, and a file may hold anything. The texts of their errors may quote a key.
            logger.warning("%s cannot be read for credentials (%s)", store.name, type(error).__name__)
            reasons.append(f"{store.name}: it cannot be read ({type(error).__name__})")
        else:
            names = [name for name in missing if name not in found.missing]
            logger.debug("%s found in %s", ", ".join(names) or "No credentials", store.name)
    return Search(found, reasons)


def _missing(found: Credentials, reasons: Sequence[str]) -> SettingsError:
    needed = " and ".join(f"{name} (environment variable {VARIABLES[name][0]})" for name in found.missing)
    looked = f" Not found there: {'; '.join(reasons)}." if reasons else ""
    return SettingsError(
        f"The session needs {needed} to connect to an ftrack server. Pass the argument or set the variable, or keep "
        f"the account in the system keyring (ftrack-orm login), or sign in to ftrack Connect.{looked}",
        missing=found.missing,
    )


def _installed_keyring() -> Any:
    try:
        import keyring
    except ImportError:
        raise SettingsError(
            "The system keyring needs the package keyring: pip install 'ftrack-orm[keyring]'. Without it, set "
            f"{SERVER_VARIABLE}, {USER_VARIABLE} and {KEY_VARIABLE}."
        ) from None
    return keyring


def _backend_name() -> str:
    backend = _installed_keyring().get_keyring()
    return str(getattr(backend, "name", type(backend).__name__))


@contextmanager
def _clear_keyring_errors(verb: str) -> Iterator[None]:
    """Raise `SettingsError` for an error of the keyring. Its text may quote a key, so it is left out."""
    try:
        yield
    except SettingsError:
        raise
    except Exception as error:
        raise SettingsError(
            f"The system keyring ({_backend_name()}) cannot be {verb} ({type(error).__name__}). Unlock it, choose "
            f"another backend (python -m keyring --list-backends), or set {SERVER_VARIABLE}, {USER_VARIABLE} and "
            f"{KEY_VARIABLE} instead."
        ) from None


def _accounts(content: Any) -> list[Mapping[str, str]]:
    """Return the complete accounts in the content of one of Connect's files."""
    accounts = content.get("accounts") if isinstance(content, Mapping) else None
    read = [
        {name: text for name in VARIABLES if (text := _text(account.get(name)))}
        for account in (accounts if isinstance(accounts, list) else ())
        if isinstance(account, Mapping)
    ]
    return [account for account in read if len(account) == len(VARIABLES)]


def _agrees(account: Mapping[str, str], known: Credentials) -> bool:
    try:
        server_url = normalize_server_url(account["server_url"])
    except SettingsError:
        return False
    if known.server_url not in (None, server_url):
        return False
    return all(known.get(name) in (None, account[name]) for name in ("api_user", "api_key"))


def _text(value: object) -> str | None:
    """Return *value* without the space around it if it is a text that has more, else None."""
    return value.strip() or None if isinstance(value, str) else None
