"""Edge: the settings of a session, taken from arguments and environment variables and validated once."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import attrs
import platformdirs

from .errors import SettingsError, suggestion
from .setting_checks import (
    DEFAULT_API_ENDPOINT,
    check_boolean,
    check_ca_bundle,
    check_endpoint,
    check_fetch_mode,
    check_full_queue,
    check_headers,
    check_n_plus_one,
    check_proxies,
    check_rate,
    check_seconds,
    check_text,
    check_total_seconds,
    integer_from,
    strip,
    to_arguments,
    to_bundle,
    to_dict,
    to_endpoint,
)
from .values import DEFAULT_PAGE_SIZE

if TYPE_CHECKING:
    from .credentials import CredentialStore

SERVER_VARIABLE: Final = "FTRACK_SERVER"
USER_VARIABLE: Final = "FTRACK_API_USER"
KEY_VARIABLE: Final = "FTRACK_API_KEY"
LEGACY_KEY_VARIABLE: Final = "FTRACK_APIKEY"
CACHE_VARIABLE: Final = "FTRACK_API_SCHEMA_CACHE_PATH"
PLUGIN_VARIABLE: Final = "FTRACK_EVENT_PLUGIN_PATH"

DEFAULT_TIMEOUT_SECONDS: Final = 60.0
#: `total_timeout` is this many times `timeout` where it is not given.
TIMEOUTS_PER_REQUEST: Final = 10
DEFAULT_MAX_RESPONSE_BYTES: Final = 1 << 30
DEFAULT_RETRIES: Final = 3
DEFAULT_RECENT_SIZE: Final = 10_000
DEFAULT_EVENT_WORKERS: Final = 4
DEFAULT_EVENT_QUEUE_SIZE: Final = 10_000
DEFAULT_SLOW_CALLBACK_SECONDS: Final = 10.0
DEFAULT_EVENT_OUTBOX_SIZE: Final = 10_000
DEFAULT_REPLY_LIFETIME_SECONDS: Final = 600.0

#: The name of a studio without a domain, which ftrack's hosting completes.
_STUDIO_NAME: Final = re.compile(r"[A-Za-z0-9]+(-+[A-Za-z0-9]+)*")
_HOSTING_DOMAIN: Final = "ftrackapp.com"


def new_client_token() -> str:
    """Return a unique token. The server repeats it in the events that the changes of this client cause."""
    return f"ftrack-orm-python--{uuid.uuid4()}"


def normalize_server_url(text: str) -> str:
    """Return the URL of the server with a scheme, without a trailing slash and without the path of the API.

    The name of a studio ("mystudio") becomes its URL at ftrack's hosting, and https is the default scheme. Raises
    `SettingsError` for any other text that is not the URL of a server.
    """
    if not isinstance(text, str):
        raise SettingsError(
            f"server_url ({SERVER_VARIABLE}) must be text, not {type(text).__name__}.", setting="server_url"
        )
    # Quotes around the value of a variable stay in it on Windows.
    address = text.strip().strip("\"'").strip().removeprefix("//")
    studio = address.rstrip("/")
    if _STUDIO_NAME.fullmatch(studio) and studio.lower() != "localhost":
        address = f"{studio}.{_HOSTING_DOMAIN}"
    if "://" not in address:
        address = f"https://{address}"
    hint = f'server_url ({SERVER_VARIABLE}) must look like "https://mystudio.{_HOSTING_DOMAIN}"'
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise SettingsError(f"The server URL cannot be parsed ({error}); {hint}.", setting="server_url") from None
    if parts.username is not None or parts.password is not None:
        # The message does not quote the URL, which contains a password.
        raise SettingsError(
            f"The server URL must not contain a user name or a password; {hint}. "
            f"Set api_user ({USER_VARIABLE}) and api_key ({KEY_VARIABLE}) instead.",
            setting="server_url",
        )
    if parts.scheme.lower() not in ("http", "https"):
        raise SettingsError(
            f"The scheme of the server URL must be https or http, not {parts.scheme!r}; {hint}.", setting="server_url"
        )
    if not host or parts.netloc.endswith(":") or re.search(r"\s", address):
        raise SettingsError(f"{text[:200]!r} is not the URL of a server; {hint}.", setting="server_url")
    if parts.query or parts.fragment:
        raise SettingsError(f"The server URL must not contain '?' or '#'; {hint}.", setting="server_url")
    path = parts.path.rstrip("/")
    while path.lower().endswith(DEFAULT_API_ENDPOINT):
        # The address that requests are sent to, as logs and other clients show it.
        path = path[: -len(DEFAULT_API_ENDPOINT)].rstrip("/")
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{path}"


def _to_folders(value: Any) -> tuple[Path, ...]:
    """Return the folders of one path, of several in one text, or of several paths."""
    if isinstance(value, (str, os.PathLike)):
        # One folder, or several in the form of the environment variable.
        value = os.fsdecode(value).split(os.pathsep)
    try:
        return tuple(Path(folder).expanduser() for folder in value or () if str(folder).strip())
    except (TypeError, RuntimeError) as error:
        raise SettingsError(f"plugin_paths must be folders: {error}.", setting="plugin_paths") from error


@attrs.frozen(kw_only=True)
class Settings:
    """The settings of a session and its connections. The repr omits every field that may contain a secret.

    The constructor validates its arguments and raises `SettingsError` for a value that does not fit. `Settings.resolve`
    also reads environment variables.
    """

    server_url: str = attrs.field(converter=normalize_server_url)
    api_user: str = attrs.field(converter=strip, validator=check_text)
    api_key: str = attrs.field(converter=strip, validator=check_text, repr=False)
    #: Seconds the server may stay silent before a request fails with `RequestTimeout`.
    timeout: float = attrs.field(default=DEFAULT_TIMEOUT_SECONDS, validator=check_seconds)
    #: Seconds for a whole request with its retries and redirects, however steadily the response arrives. None: ten
    #: times `timeout`. `math.inf`: no limit.
    total_timeout: float | None = attrs.field(default=None, validator=check_total_seconds)
    #: Number of bytes of a response, decompressed, that are read into memory. A larger one is an error.
    max_response_bytes: int = attrs.field(default=DEFAULT_MAX_RESPONSE_BYTES, validator=integer_from(1))
    #: The folder of the schema cache; None disables the cache.
    schema_cache_path: Path | None = None
    #: Identifies this client in the events that its changes cause.
    client_token: str = attrs.field(factory=new_client_token, validator=check_text)
    #: Identifies the application in the source of the events that it publishes. None leaves it out.
    application_id: str | None = attrs.field(default=None, validator=attrs.validators.optional(check_text))
    #: The path of the API below the server's URL.
    api_endpoint: str = attrs.field(default=DEFAULT_API_ENDPOINT, converter=to_endpoint, validator=check_endpoint)
    #: Whether the server may report errors with HTTP status codes of their own (header `ftrack-strict-api`).
    strict_api: bool = attrs.field(default=True, validator=check_boolean)
    #: Headers and cookies of every request.
    headers: Mapping[str, str] = attrs.field(factory=dict, converter=to_dict, validator=check_headers, repr=False)
    cookies: Mapping[str, str] = attrs.field(factory=dict, converter=to_dict, validator=check_headers, repr=False)
    #: Proxy URLs by scheme, in the form that requests takes. Empty: HTTPS_PROXY and related variables apply.
    proxies: Mapping[str, str] = attrs.field(factory=dict, converter=to_dict, validator=check_proxies, repr=False)
    #: File or folder of trusted certificates. None or an empty text: REQUESTS_CA_BUNDLE applies. Only False disables
    #: verification.
    ca_bundle: str | Path | bool | None = attrs.field(default=None, converter=to_bundle, validator=check_ca_bundle)
    #: Maximum number of times a request is sent again when that is harmless.
    retries: int = attrs.field(default=DEFAULT_RETRIES, validator=integer_from(0))
    #: Maximum number of requests to the API in each second, and at the same time. None sets no limit.
    max_requests_per_second: float | None = attrs.field(default=None, validator=check_rate)
    max_requests_in_flight: int | None = attrs.field(default=None, validator=attrs.validators.optional(integer_from(1)))
    #: Number of entities per page of a query.
    page_size: int = attrs.field(default=DEFAULT_PAGE_SIZE, validator=integer_from(1))
    #: Number of entities that stay in memory although nothing refers to them.
    recent_size: int = attrs.field(default=DEFAULT_RECENT_SIZE, validator=integer_from(0))
    #: The fetch mode, which decides how reading a value that is not loaded is handled: "peers", "one" or "never".
    fetch: str = attrs.field(default="peers", validator=check_fetch_mode)
    #: Reaction to code that loads an attribute for one entity after the other: "warn", "raise", or None to ignore it.
    n_plus_one: str | None = attrs.field(default=None, validator=check_n_plus_one)
    #: Whether queries select what was read of their results before, see `entities.reading.learning`.
    learn_projections: bool = attrs.field(default=False, validator=check_boolean)
    #: Whether the event hub connects in the background when the session is created.
    auto_connect_event_hub: bool = attrs.field(default=False, validator=check_boolean)
    #: Folders of plugins, which are loaded on the first use of the event hub, and arguments for their `register`.
    plugin_paths: tuple[Path, ...] = attrs.field(default=(), converter=_to_folders)
    plugin_arguments: Mapping[str, Any] = attrs.field(factory=dict, converter=to_arguments, repr=False)
    #: Number of event callbacks that may run at the same time; with 1 they are called one after the other.
    event_workers: int = attrs.field(default=DEFAULT_EVENT_WORKERS, validator=integer_from(1))
    #: Number of events that may wait for their callbacks, and the policy for more: "block" stops reading until the
    #: queue has capacity, "drop_oldest" and "drop_newest" drop an event, which is logged and counted.
    event_queue_size: int = attrs.field(default=DEFAULT_EVENT_QUEUE_SIZE, validator=integer_from(1))
    full_event_queue: str = attrs.field(default="block", validator=check_full_queue)
    #: Seconds after which a running callback is logged.
    slow_callback_seconds: float = attrs.field(default=DEFAULT_SLOW_CALLBACK_SECONDS, validator=check_seconds)
    #: Number of attempts to connect to the event server that may fail in a row; None never gives up.
    reconnect_limit: int | None = attrs.field(default=None, validator=attrs.validators.optional(integer_from(0)))
    #: Number of published events that may wait for a connection to the event server.
    event_outbox_size: int = attrs.field(default=DEFAULT_EVENT_OUTBOX_SIZE, validator=integer_from(1))
    #: Seconds for which replies to a published event are accepted.
    reply_lifetime: float = attrs.field(default=DEFAULT_REPLY_LIFETIME_SECONDS, validator=check_seconds)
    #: Whether events that were missed while disconnected are read from the server's event records.
    catch_up_events: bool = attrs.field(default=True, validator=check_boolean)
    #: The source of the server, the user and the key: "argument", an environment variable, or a store of accounts.
    credential_sources: Mapping[str, str] = attrs.field(factory=dict, converter=to_dict, eq=False)

    def total_seconds(self, timeout: float) -> float:
        """Return the limit in seconds of a whole request whose server may stay silent for *timeout* seconds."""
        return TIMEOUTS_PER_REQUEST * timeout if self.total_timeout is None else self.total_timeout

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
        stores: Sequence[CredentialStore] | None = None,
        **others: Any,
    ) -> Settings:
        """Return settings from arguments, and from environment variables in place of omitted arguments.

        The server, user and key are also looked for in *stores*, by default the system keyring and ftrack Connect.

        *schema_cache_path* is a folder (or a `.json` file in it), or False to disable the cache; the default is
        `FTRACK_API_SCHEMA_CACHE_PATH` or the user's cache folder. *plugin_paths* are folders; the default is
        `FTRACK_EVENT_PLUGIN_PATH`. *environ* replaces `os.environ`. The *others* are fields of `Settings`. Raises
        `SettingsError`, which names every missing argument with its variable, a value that does not fit, or a setting
        that does not exist.

        The official client falls back to the name of the operating system's user. This library does not: on a render
        farm that is another user, and the server's error would not reveal the source of the name.
        """
        from .credentials import STORES, find_credentials

        environ = os.environ if environ is None else environ
        given = {"server_url": server_url, "api_user": api_user, "api_key": api_key}
        found = find_credentials(given, environ, STORES if stores is None else stores)
        fields = {field.name for field in attrs.fields(cls)} - {"credential_sources"}
        for name in others:
            if name not in fields:
                from .official_names import advice

                hint = advice("settings", name) or suggestion(name, fields)
                raise SettingsError(f"There is no setting {name!r}.{hint}", setting=name)
        if client_token is not None:
            others["client_token"] = client_token
        others.update(found.values)
        others["plugin_paths"] = environ.get(PLUGIN_VARIABLE, "") if plugin_paths is None else plugin_paths
        others["schema_cache_path"] = schema_cache_folder(schema_cache_path, environ)
        return cls(credential_sources=found.sources, **others)


def schema_cache_folder(given: str | Path | bool | None, environ: Mapping[str, str]) -> Path | None:
    """Return the folder of the schema cache, or None when *given* is False.

    The official client takes a file or a folder; the path of a `.json` file stands for the folder that contains it.
    """
    if given is False:
        return None
    chosen = given if given is not None and given is not True else environ.get(CACHE_VARIABLE, "").strip()
    if not chosen:
        return Path(platformdirs.user_cache_dir("ftrack_orm", appauthor=False))
    try:
        path = Path(chosen).expanduser()
    except (TypeError, RuntimeError) as error:
        raise SettingsError(f"schema_cache_path must be a folder: {error}.", setting="schema_cache_path") from error
    return path.parent if path.suffix == ".json" else path
