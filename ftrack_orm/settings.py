"""Edge: the settings of a session, taken from arguments and environment variables and validated once."""

from __future__ import annotations

import math
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
from .values import DEFAULT_PAGE_SIZE, FetchMode

if TYPE_CHECKING:
    from .credentials import CredentialStore

SERVER_VARIABLE: Final = "FTRACK_SERVER"
USER_VARIABLE: Final = "FTRACK_API_USER"
KEY_VARIABLE: Final = "FTRACK_API_KEY"
LEGACY_KEY_VARIABLE: Final = "FTRACK_APIKEY"
CACHE_VARIABLE: Final = "FTRACK_API_SCHEMA_CACHE_PATH"
PLUGIN_VARIABLE: Final = "FTRACK_EVENT_PLUGIN_PATH"

#: About three years. Sockets and locks refuse much longer timeouts.
MAX_SECONDS: Final = 100_000_000
MAX_INTEGER: Final = (1 << 63) - 1
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
#: The path of the API below the URL of the server (PROTOCOL 2.1).
DEFAULT_API_ENDPOINT: Final = "/api"

#: Policies for events that arrive while the event queue is full.
FULL_QUEUE_POLICIES: Final = ("block", "drop_oldest", "drop_newest")

#: RFC 9110, 5.6.2: the characters of a header's name. RFC 6265, 4.1.1 has the same for the name of a cookie.
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

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


def check_header_value(name: str, text: str) -> None:
    """Raise `SettingsError` unless *text* can be sent as an HTTP header. The message names *name*, never the value."""
    if not isinstance(text, str):
        raise SettingsError(f"{name} must be text, not {type(text).__name__}.", setting=name)
    if any(ord(character) < 32 or ord(character) in range(127, 160) or ord(character) > 255 for character in text):
        raise SettingsError(
            f"{name} contains a line break or another character that an HTTP header cannot carry.", setting=name
        )
    if text[:1].isspace():
        raise SettingsError(f"{name} must not begin with a space.", setting=name)


def check_header_name(name: object, setting: str = "headers") -> None:
    """Raise `SettingsError` unless *name* can be the name of an HTTP header or of a cookie."""
    if not isinstance(name, str) or not _TOKEN.fullmatch(name):
        kind = "cookie" if setting == "cookies" else "header"
        raise SettingsError(f"{setting} has {name!r:.100}, which cannot be the name of a {kind}.", setting=setting)


def _shown(value: object) -> str:
    """Return *value* for an error, cut to a length. Python has no text for integers of thousands of digits."""
    try:
        return f"{value!r:.100}"
    except Exception:
        return f"a value of type {type(value).__name__}"


def is_duration(value: object) -> bool:
    """Return whether *value* is a positive number of seconds that a socket accepts as its timeout."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= MAX_SECONDS


def _check_text(settings: Settings, attribute: attrs.Attribute[str], value: str) -> None:
    if not value:
        raise SettingsError(f"{attribute.name} must not be empty.", setting=attribute.name)
    check_header_value(attribute.name, value)


def _check_headers(settings: Settings, attribute: attrs.Attribute[Any], value: Mapping[str, str]) -> None:
    for name, text in value.items():
        check_header_name(name, attribute.name)
        check_header_value(f"{attribute.name}[{name!r}]", text)
        if attribute.name == "cookies" and ";" in text:
            # The rest would be another cookie.
            raise SettingsError(f"cookies[{name!r}] must not contain ';'.", setting="cookies")


def _check_proxies(settings: Settings, attribute: attrs.Attribute[Any], value: Mapping[str, str]) -> None:
    for scheme, url in value.items():
        # The message has no value: the URL of a proxy may contain a password.
        if not isinstance(scheme, str) or not (url is None or isinstance(url, str)):
            raise SettingsError("proxies must map text to text, such as 'https' to a URL.", setting="proxies")


def _check_ca_bundle(settings: Settings, attribute: attrs.Attribute[Any], value: object) -> None:
    if not (value is None or isinstance(value, (bool, str, Path))):
        raise SettingsError(
            f"ca_bundle must be the path of a file or folder of certificates, or True or False, "
            f"not {type(value).__name__}.",
            setting="ca_bundle",
        )


def _check_seconds(settings: Settings, attribute: attrs.Attribute[float], value: float) -> None:
    if not is_duration(value):
        raise SettingsError(
            f"{attribute.name} must be a positive number of seconds, at most {MAX_SECONDS:,}, not {_shown(value)}.",
            setting=attribute.name,
        )


def _check_total_seconds(settings: Settings, attribute: attrs.Attribute[float], value: float | None) -> None:
    if value is not None and value != math.inf:
        _check_seconds(settings, attribute, value)


def _integer_from(minimum: int) -> Any:
    def check(settings: Settings, attribute: attrs.Attribute[int], value: int) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= MAX_INTEGER:
            raise SettingsError(
                f"{attribute.name} must be an integer from {minimum} to {MAX_INTEGER}, not {_shown(value)}.",
                setting=attribute.name,
            )

    return check


def _check_boolean(settings: Settings, attribute: attrs.Attribute[bool], value: bool) -> None:
    if not isinstance(value, bool):
        raise SettingsError(f"{attribute.name} must be True or False, not {_shown(value)}.", setting=attribute.name)


def _to_endpoint(value: Any) -> Any:
    return f"/{value.strip().strip('/')}" if isinstance(value, str) else value


def _check_endpoint(settings: Settings, attribute: attrs.Attribute[str], value: str) -> None:
    if not isinstance(value, str) or not re.fullmatch(r"/[!$%&'()*+,\-./0-9:;=@A-Z_a-z~]+", value) or "//" in value:
        raise SettingsError(
            f"api_endpoint must be a path below the server's URL, such as {DEFAULT_API_ENDPOINT!r}, "
            f"not {_shown(value)}.",
            setting="api_endpoint",
        )


def _check_rate(settings: Settings, attribute: attrs.Attribute[float | None], value: float | None) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if value is not None and not (is_number and 0.001 <= value <= 1_000_000):
        raise SettingsError(
            f"max_requests_per_second must be a number from 0.001 to 1,000,000, or None, not {_shown(value)}.",
            setting="max_requests_per_second",
        )


def _check_fetch_mode(settings: Settings, attribute: attrs.Attribute[str], value: str) -> None:
    modes = [mode.value for mode in FetchMode]
    if value not in modes:
        known = ", ".join(map(repr, modes))
        raise SettingsError(
            f"fetch must be one of {known}, not {_shown(value)}.{suggestion(_shown(value), modes)}", setting="fetch"
        )


def _check_n_plus_one(settings: Settings, attribute: attrs.Attribute[str | None], value: str | None) -> None:
    if value not in (None, "warn", "raise"):
        raise SettingsError(f"n_plus_one must be 'warn', 'raise' or None, not {_shown(value)}.", setting="n_plus_one")


def _check_full_queue(settings: Settings, attribute: attrs.Attribute[str], value: str) -> None:
    if value not in FULL_QUEUE_POLICIES:
        known = ", ".join(map(repr, FULL_QUEUE_POLICIES))
        raise SettingsError(
            f"full_event_queue must be one of {known}, not {_shown(value)}."
            f"{suggestion(_shown(value), FULL_QUEUE_POLICIES)}",
            setting="full_event_queue",
        )


def _to_folders(value: Any) -> tuple[Path, ...]:
    if isinstance(value, (str, os.PathLike)):
        # One folder, or several in the form of the environment variable.
        value = os.fsdecode(value).split(os.pathsep)
    try:
        return tuple(Path(folder).expanduser() for folder in value or () if str(folder).strip())
    except (TypeError, RuntimeError) as error:
        raise SettingsError(f"plugin_paths must be folders: {error}.", setting="plugin_paths") from error


def _to_dict(value: Mapping[str, str] | None) -> dict[str, str]:
    if value is not None and not isinstance(value, Mapping):
        raise SettingsError(
            f"headers, cookies and proxies must be mappings of text to text, not {type(value).__name__}."
        )
    return dict(value or {})


def _to_bundle(value: Any) -> Any:
    # An empty text, as an unset variable gives, is no path. requests would take it for False and verify nothing.
    return None if isinstance(value, str) and not value.strip() else value


def _to_arguments(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise SettingsError(
            f"plugin_arguments must be a mapping, not {type(value).__name__}.", setting="plugin_arguments"
        )
    return dict(value)


def _strip(value: Any) -> Any:
    # A key that was pasted or read from a file often ends with a line break.
    return value.strip() if isinstance(value, str) else value


@attrs.frozen(kw_only=True)
class Settings:
    """The settings of a session and its connections. The repr omits every field that may contain a secret.

    The constructor validates its arguments and raises `SettingsError` for a value that does not fit. `Settings.resolve`
    also reads environment variables.
    """

    server_url: str = attrs.field(converter=normalize_server_url)
    api_user: str = attrs.field(converter=_strip, validator=_check_text)
    api_key: str = attrs.field(converter=_strip, validator=_check_text, repr=False)
    #: Seconds the server may stay silent before a request fails with `RequestTimeout`.
    timeout: float = attrs.field(default=DEFAULT_TIMEOUT_SECONDS, validator=_check_seconds)
    #: Seconds for a whole request with its retries and redirects, however steadily the response arrives. None: ten
    #: times `timeout`. `math.inf`: no limit.
    total_timeout: float | None = attrs.field(default=None, validator=_check_total_seconds)
    #: Number of bytes of a response, decompressed, that are read into memory. A larger one is an error.
    max_response_bytes: int = attrs.field(default=DEFAULT_MAX_RESPONSE_BYTES, validator=_integer_from(1))
    #: The folder of the schema cache; None disables the cache.
    schema_cache_path: Path | None = None
    #: Identifies this client in the events that its changes cause.
    client_token: str = attrs.field(factory=new_client_token, validator=_check_text)
    #: Identifies the application in the source of the events that it publishes. None leaves it out.
    application_id: str | None = attrs.field(default=None, validator=attrs.validators.optional(_check_text))
    #: The path of the API below the server's URL.
    api_endpoint: str = attrs.field(default=DEFAULT_API_ENDPOINT, converter=_to_endpoint, validator=_check_endpoint)
    #: Whether the server may report errors with HTTP status codes of their own (header `ftrack-strict-api`).
    strict_api: bool = attrs.field(default=True, validator=_check_boolean)
    #: Headers and cookies of every request.
    headers: Mapping[str, str] = attrs.field(factory=dict, converter=_to_dict, validator=_check_headers, repr=False)
    cookies: Mapping[str, str] = attrs.field(factory=dict, converter=_to_dict, validator=_check_headers, repr=False)
    #: Proxy URLs by scheme, in the form that requests takes. Empty: HTTPS_PROXY and related variables apply.
    proxies: Mapping[str, str] = attrs.field(factory=dict, converter=_to_dict, validator=_check_proxies, repr=False)
    #: File or folder of trusted certificates. None or an empty text: REQUESTS_CA_BUNDLE applies. Only False disables
    #: verification.
    ca_bundle: str | Path | bool | None = attrs.field(default=None, converter=_to_bundle, validator=_check_ca_bundle)
    #: Maximum number of times a request is sent again when that is harmless.
    retries: int = attrs.field(default=DEFAULT_RETRIES, validator=_integer_from(0))
    #: Maximum number of requests to the API in each second, and at the same time. None sets no limit.
    max_requests_per_second: float | None = attrs.field(default=None, validator=_check_rate)
    max_requests_in_flight: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(_integer_from(1))
    )
    #: Number of entities per page of a query.
    page_size: int = attrs.field(default=DEFAULT_PAGE_SIZE, validator=_integer_from(1))
    #: Number of entities that stay in memory although nothing refers to them.
    recent_size: int = attrs.field(default=DEFAULT_RECENT_SIZE, validator=_integer_from(0))
    #: The fetch mode, which decides how reading a value that is not loaded is handled: "peers", "one" or "never".
    fetch: str = attrs.field(default="peers", validator=_check_fetch_mode)
    #: Reaction to code that loads an attribute for one entity after the other: "warn", "raise", or None to ignore it.
    n_plus_one: str | None = attrs.field(default=None, validator=_check_n_plus_one)
    #: Whether queries select what was read of their results before, see `entities.reading.learning`.
    learn_projections: bool = attrs.field(default=False, validator=_check_boolean)
    #: Whether the event hub connects in the background when the session is created.
    auto_connect_event_hub: bool = attrs.field(default=False, validator=_check_boolean)
    #: Folders of plugins, which are loaded on the first use of the event hub, and arguments for their `register`.
    plugin_paths: tuple[Path, ...] = attrs.field(default=(), converter=_to_folders)
    plugin_arguments: Mapping[str, Any] = attrs.field(factory=dict, converter=_to_arguments, repr=False)
    #: Number of event callbacks that may run at the same time; with 1 they are called one after the other.
    event_workers: int = attrs.field(default=DEFAULT_EVENT_WORKERS, validator=_integer_from(1))
    #: Number of events that may wait for their callbacks, and the policy for more: "block" stops reading until the
    #: queue has capacity, "drop_oldest" and "drop_newest" drop an event, which is logged and counted.
    event_queue_size: int = attrs.field(default=DEFAULT_EVENT_QUEUE_SIZE, validator=_integer_from(1))
    full_event_queue: str = attrs.field(default="block", validator=_check_full_queue)
    #: Seconds after which a running callback is logged.
    slow_callback_seconds: float = attrs.field(default=DEFAULT_SLOW_CALLBACK_SECONDS, validator=_check_seconds)
    #: Number of attempts to connect to the event server that may fail in a row; None never gives up.
    reconnect_limit: int | None = attrs.field(default=None, validator=attrs.validators.optional(_integer_from(0)))
    #: Number of published events that may wait for a connection to the event server.
    event_outbox_size: int = attrs.field(default=DEFAULT_EVENT_OUTBOX_SIZE, validator=_integer_from(1))
    #: Seconds for which replies to a published event are accepted.
    reply_lifetime: float = attrs.field(default=DEFAULT_REPLY_LIFETIME_SECONDS, validator=_check_seconds)
    #: Whether events that were missed while disconnected are read from the server's event records.
    catch_up_events: bool = attrs.field(default=True, validator=_check_boolean)
    #: The source of the server, the user and the key: "argument", an environment variable, or a store of accounts.
    credential_sources: Mapping[str, str] = attrs.field(factory=dict, converter=_to_dict, eq=False)

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
