"""Edge: what a session needs to know before it talks to a server, from arguments and the environment, checked once."""

from __future__ import annotations

import math
import os
import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import attrs
import platformdirs

from .errors import SettingsError, suggestion
from .values import DEFAULT_PAGE_SIZE, FetchMode

SERVER_VARIABLE: Final = "FTRACK_SERVER"
USER_VARIABLE: Final = "FTRACK_API_USER"
KEY_VARIABLE: Final = "FTRACK_API_KEY"
CACHE_VARIABLE: Final = "FTRACK_API_SCHEMA_CACHE_PATH"
PLUGIN_VARIABLE: Final = "FTRACK_EVENT_PLUGIN_PATH"

DEFAULT_TIMEOUT_SECONDS: Final = 60.0
DEFAULT_RETRIES: Final = 3
DEFAULT_RECENT_SIZE: Final = 10_000
DEFAULT_EVENT_WORKERS: Final = 4
DEFAULT_EVENT_QUEUE_SIZE: Final = 10_000
DEFAULT_SLOW_CALLBACK_SECONDS: Final = 10.0
DEFAULT_EVENT_OUTBOX_SIZE: Final = 10_000
DEFAULT_REPLY_LIFETIME_SECONDS: Final = 600.0

#: What may be done when more events come than the callbacks can keep up with.
FULL_QUEUE: Final = ("block", "drop_oldest", "drop_newest")

#: A studio's name alone, as people say it: ftrack's own hosting adds the rest.
_STUDIO_NAME: Final = re.compile(r"[A-Za-z0-9]+(-+[A-Za-z0-9]+)*")
_HOSTING: Final = "ftrackapp.com"


def new_client_token() -> str:
    """Return a token no other client has; servers repeat it in the events that a client's own changes cause."""
    return f"ftrack-orm-python--{uuid.uuid4()}"


def normal_server_url(text: str) -> str:
    """Return the server's address with a scheme and without a trailing slash.

    A studio's name alone ("mystudio") means its address at ftrack's own hosting, and an address without a scheme
    means https. Raises `SettingsError` for anything else that cannot be the address of a server.
    """
    address = text.strip()
    studio = address.rstrip("/")
    if _STUDIO_NAME.fullmatch(studio) and studio.lower() != "localhost":
        address = f"{studio}.{_HOSTING}"
    if "://" not in address:
        address = f"https://{address}"
    hint = f'server_url ({SERVER_VARIABLE}) looks like "https://mystudio.{_HOSTING}"'
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise SettingsError(f"The server's address cannot be read ({error}); {hint}.", setting="server_url") from None
    if parts.username is not None or parts.password is not None:
        # Without quoting the address: it holds a password.
        raise SettingsError(
            f"The server's address must not hold a user or a password; {hint}, "
            f"the user goes into api_user ({USER_VARIABLE}) and the key into api_key ({KEY_VARIABLE}).",
            setting="server_url",
        )
    if parts.scheme.lower() not in ("http", "https"):
        raise SettingsError(f"ftrack is spoken over https or http, not {parts.scheme!r}; {hint}.", setting="server_url")
    if not host or re.search(r"\s", address):
        raise SettingsError(f"{text!r} is not the address of a server; {hint}.", setting="server_url")
    if parts.query or parts.fragment:
        raise SettingsError(f"The server's address ends before '?' and '#'; {hint}.", setting="server_url")
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path}".rstrip("/")


def refuse_unsendable(name: str, text: str) -> None:
    """Raise `SettingsError` unless *text* can be the value of an HTTP header; the value is never quoted."""
    if not isinstance(text, str):
        raise SettingsError(f"{name} must be text, not {type(text).__name__}.", setting=name)
    if any(ord(character) < 32 or ord(character) in range(127, 160) or ord(character) > 255 for character in text):
        raise SettingsError(
            f"{name} holds a line break or another character that HTTP cannot carry in a header.", setting=name
        )


def _sendable(settings: Settings, attribute: attrs.Attribute[str], value: str) -> None:
    if not value:
        raise SettingsError(f"{attribute.name} must not be empty.", setting=attribute.name)
    refuse_unsendable(attribute.name, value)


def _sendable_headers(settings: Settings, attribute: attrs.Attribute[Any], value: Mapping[str, str]) -> None:
    for name, text in value.items():
        refuse_unsendable(f"{attribute.name}[{name!r}]", text)


def _positive(settings: Settings, attribute: attrs.Attribute[float], value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise SettingsError(
            f"{attribute.name} must be a number of seconds above 0, not {value!r}.", setting=attribute.name
        )


def _whole_number_from(least: int) -> Any:
    def check(settings: Settings, attribute: attrs.Attribute[int], value: int) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise SettingsError(
                f"{attribute.name} must be a whole number from {least} up, not {value!r}.", setting=attribute.name
            )

    return check


def _boolean(settings: Settings, attribute: attrs.Attribute[bool], value: bool) -> None:
    if not isinstance(value, bool):
        raise SettingsError(f"{attribute.name} must be True or False, not {value!r}.", setting=attribute.name)


def _fetch_mode(settings: Settings, attribute: attrs.Attribute[str], value: str) -> None:
    modes = [mode.value for mode in FetchMode]
    if value not in modes:
        known = ", ".join(map(repr, modes))
        raise SettingsError(
            f"fetch must be one of {known}, not {value!r}.{suggestion(str(value), modes)}", setting="fetch"
        )


def _n_plus_one(settings: Settings, attribute: attrs.Attribute[str | None], value: str | None) -> None:
    if value not in (None, "warn", "raise"):
        raise SettingsError(f"n_plus_one must be 'warn', 'raise' or None, not {value!r}.", setting="n_plus_one")


def _full_queue(settings: Settings, attribute: attrs.Attribute[str], value: str) -> None:
    if value not in FULL_QUEUE:
        known = ", ".join(map(repr, FULL_QUEUE))
        raise SettingsError(
            f"full_event_queue must be one of {known}, not {value!r}.{suggestion(str(value), FULL_QUEUE)}",
            setting="full_event_queue",
        )


def _folders(value: Any) -> tuple[Path, ...]:
    if isinstance(value, (str, os.PathLike)):
        # One folder, or several as the environment variable has them.
        value = os.fspath(value).split(os.pathsep)
    return tuple(Path(folder).expanduser() for folder in value or () if str(folder).strip())


def _copied(value: Mapping[str, str] | None) -> dict[str, str]:
    if value is not None and not isinstance(value, Mapping):
        raise SettingsError(f"headers, cookies and proxies are mappings of text to text, not {type(value).__name__}.")
    return dict(value or {})


def _stripped(value: Any) -> Any:
    # Keys are often read from files or pasted, with a line break behind them.
    return value.strip() if isinstance(value, str) else value


@attrs.frozen(kw_only=True)
class Settings:
    """Everything a session and its connection are told by their user; what may hold a secret is left out of the repr.

    Raises `SettingsError` when made with values that make no sense. Most callers want `Settings.resolve`.
    """

    server_url: str = attrs.field(converter=normal_server_url)
    api_user: str = attrs.field(converter=_stripped, validator=_sendable)
    api_key: str = attrs.field(converter=_stripped, validator=_sendable, repr=False)
    #: Seconds the server may stay silent before a request is given up.
    timeout: float = attrs.field(default=DEFAULT_TIMEOUT_SECONDS, validator=_positive)
    #: The folder that schemas are kept in; None keeps none.
    schema_cache_path: Path | None = None
    client_token: str = attrs.field(factory=new_client_token, validator=_sendable)
    #: Whether the server may answer errors with an HTTP status of their own (header `ftrack-strict-api`).
    strict_api: bool = attrs.field(default=True, validator=_boolean)
    headers: Mapping[str, str] = attrs.field(factory=dict, converter=_copied, validator=_sendable_headers, repr=False)
    cookies: Mapping[str, str] = attrs.field(factory=dict, converter=_copied, repr=False)
    #: Scheme to proxy address, as requests takes it. Empty leaves HTTPS_PROXY and its kin in charge.
    proxies: Mapping[str, str] = attrs.field(factory=dict, converter=_copied, repr=False)
    #: File or folder of trusted certificates. None leaves REQUESTS_CA_BUNDLE in charge; False trusts any server.
    ca_bundle: str | Path | bool | None = None
    #: How many times a request is sent again at most, when that can do no harm.
    retries: int = attrs.field(default=DEFAULT_RETRIES, validator=_whole_number_from(0))
    #: How many entities a query asks for at a time.
    page_size: int = attrs.field(default=DEFAULT_PAGE_SIZE, validator=_whole_number_from(1))
    #: The number of entities kept in memory although nothing refers to them.
    recent_size: int = attrs.field(default=DEFAULT_RECENT_SIZE, validator=_whole_number_from(0))
    fetch: str = attrs.field(default="peers", validator=_fetch_mode)
    #: What is done about code that loads an attribute for one entity after the other: "warn", "raise", or nothing.
    n_plus_one: str | None = attrs.field(default=None, validator=_n_plus_one)
    #: Whether the event hub connects when the session is made, in the background.
    auto_connect_event_hub: bool = attrs.field(default=False, validator=_boolean)
    #: Folders with plugins, which are loaded when the event hub is first used, and what their `register` is given.
    plugin_paths: tuple[Path, ...] = attrs.field(default=(), converter=_folders)
    plugin_arguments: Mapping[str, Any] = attrs.field(factory=dict, converter=dict, repr=False)
    #: How many event callbacks may run at the same time; with 1, all are called one after the other.
    event_workers: int = attrs.field(default=DEFAULT_EVENT_WORKERS, validator=_whole_number_from(1))
    #: How many events may wait for their callbacks, and what happens to more: "block" reads no further until there is
    #: room, "drop_oldest" and "drop_newest" give one up, which is logged and counted.
    event_queue_size: int = attrs.field(default=DEFAULT_EVENT_QUEUE_SIZE, validator=_whole_number_from(1))
    full_event_queue: str = attrs.field(default="block", validator=_full_queue)
    #: Seconds after which a callback that runs is reported in the log.
    slow_callback_seconds: float = attrs.field(default=DEFAULT_SLOW_CALLBACK_SECONDS, validator=_positive)
    #: How many attempts to connect to the event server may fail in a row; None never gives up.
    reconnect_limit: int | None = attrs.field(default=None, validator=attrs.validators.optional(_whole_number_from(0)))
    #: How many published events may wait while the event server cannot be reached.
    event_outbox_size: int = attrs.field(default=DEFAULT_EVENT_OUTBOX_SIZE, validator=_whole_number_from(1))
    #: Seconds for which replies to a published event are waited for.
    reply_lifetime: float = attrs.field(default=DEFAULT_REPLY_LIFETIME_SECONDS, validator=_positive)
    #: Whether events missed while the connection was lost are looked for in the server's own records.
    catch_up_events: bool = attrs.field(default=True, validator=_boolean)

    @classmethod
    def resolve(
        cls,
        server_url: str | None = None,
        api_key: str | None = None,
        api_user: str | None = None,
        *,
        schema_cache_path: str | Path | bool | None = None,
        client_token: str | None = None,
        plugin_paths: Any = None,
        environ: Mapping[str, str] | None = None,
        **others: Any,
    ) -> Settings:
        """Return settings from arguments, and from the environment where an argument is left out.

        *schema_cache_path* is a folder (or a `.json` file in it), or False to keep no schema; left out it is
        `FTRACK_API_SCHEMA_CACHE_PATH` or the user's own cache folder. *plugin_paths* are folders; left out they are
        those of `FTRACK_EVENT_PLUGIN_PATH`. *environ* stands for `os.environ`. The *others*
        are fields of `Settings`. Raises `SettingsError` naming every argument and variable that is missing.

        The official client falls back to the name of the operating system's user. This one does not: on a render
        farm that is somebody else, and the server's refusal would not say where the name came from.
        """
        environ = os.environ if environ is None else environ
        needed = {
            "server_url": (server_url, SERVER_VARIABLE),
            "api_user": (api_user, USER_VARIABLE),
            "api_key": (api_key, KEY_VARIABLE),
        }
        known: dict[str, Any] = {
            name: given or environ.get(variable, "").strip() for name, (given, variable) in needed.items()
        }
        missing = [f"{name} (environment variable {needed[name][1]})" for name, value in known.items() if not value]
        if missing:
            raise SettingsError(
                f"To reach an ftrack server the session still needs {' and '.join(missing)}. "
                "Pass it as an argument or set the variable.",
                missing=tuple(name for name, value in known.items() if not value),
            )
        fields = {field.name for field in attrs.fields(cls)}
        for name in others:
            if name not in fields:
                raise SettingsError(f"There is no setting {name!r}.{suggestion(name, fields)}", setting=name)
        if client_token is not None:
            others["client_token"] = client_token
        others["plugin_paths"] = environ.get(PLUGIN_VARIABLE, "") if plugin_paths is None else plugin_paths
        return cls(**known, schema_cache_path=schema_cache_folder(schema_cache_path, environ), **others)


def schema_cache_folder(given: str | Path | bool | None, environ: Mapping[str, str]) -> Path | None:
    """Return the folder that schemas are kept in, or None when *given* is False.

    The official client keeps its schema in a file in that folder; a path that names a `.json` file means its folder.
    """
    if given is False:
        return None
    chosen = given if given is not None and given is not True else environ.get(CACHE_VARIABLE, "").strip()
    if not chosen:
        return Path(platformdirs.user_cache_dir("ftrack_orm", appauthor=False))
    path = Path(chosen).expanduser()
    return path.parent if path.suffix == ".json" else path
