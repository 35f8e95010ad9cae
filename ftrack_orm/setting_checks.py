"""Pure: checks and conversions of settings. Each check raises `SettingsError`, which names the setting."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .errors import SettingsError, suggestion
from .values import FetchMode

if TYPE_CHECKING:
    import attrs

#: About three years. Sockets and locks refuse much longer timeouts.
MAX_SECONDS: Final = 100_000_000
MAX_INTEGER: Final = (1 << 63) - 1
#: The path of the API below the URL of the server (PROTOCOL 2.1).
DEFAULT_API_ENDPOINT: Final = "/api"

#: Policies for events that arrive while the event queue is full.
FULL_QUEUE_POLICIES: Final = ("block", "drop_oldest", "drop_newest")

#: RFC 9110, 5.6.2: the characters of a header's name. RFC 6265, 4.1.1 has the same for the name of a cookie.
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


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


def check_text(settings: object, attribute: attrs.Attribute[str], value: str) -> None:
    """Refuse a text that is empty or cannot be a header."""
    if not value:
        raise SettingsError(f"{attribute.name} must not be empty.", setting=attribute.name)
    check_header_value(attribute.name, value)


def check_headers(settings: object, attribute: attrs.Attribute[Any], value: Mapping[str, str]) -> None:
    """Refuse names and values that headers or cookies cannot have."""
    for name, text in value.items():
        check_header_name(name, attribute.name)
        check_header_value(f"{attribute.name}[{name!r}]", text)
        if attribute.name == "cookies" and ";" in text:
            # The rest would be another cookie.
            raise SettingsError(f"cookies[{name!r}] must not contain ';'.", setting="cookies")


def check_proxies(settings: object, attribute: attrs.Attribute[Any], value: Mapping[str, str]) -> None:
    """Refuse proxies that do not map text to text."""
    for scheme, url in value.items():
        # The message has no value: the URL of a proxy may contain a password.
        if not isinstance(scheme, str) or not (url is None or isinstance(url, str)):
            raise SettingsError("proxies must map text to text, such as 'https' to a URL.", setting="proxies")


def check_ca_bundle(settings: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse anything but a path, a boolean and None."""
    if not (value is None or isinstance(value, (bool, str, Path))):
        raise SettingsError(
            f"ca_bundle must be the path of a file or folder of certificates, or True or False, "
            f"not {type(value).__name__}.",
            setting="ca_bundle",
        )


def check_seconds(settings: object, attribute: attrs.Attribute[float], value: float) -> None:
    """Refuse anything but a positive number of seconds."""
    if not is_duration(value):
        raise SettingsError(
            f"{attribute.name} must be a positive number of seconds, at most {MAX_SECONDS:,}, not {_shown(value)}.",
            setting=attribute.name,
        )


def check_total_seconds(settings: object, attribute: attrs.Attribute[float], value: float | None) -> None:
    """Refuse anything but a positive number of seconds, infinity and None."""
    if value is not None and value != math.inf:
        check_seconds(settings, attribute, value)


def integer_from(minimum: int) -> Any:
    """Return the validator of integers that are at least *minimum*."""

    def check(settings: object, attribute: attrs.Attribute[int], value: int) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= MAX_INTEGER:
            raise SettingsError(
                f"{attribute.name} must be an integer from {minimum} to {MAX_INTEGER}, not {_shown(value)}.",
                setting=attribute.name,
            )

    return check


def check_boolean(settings: object, attribute: attrs.Attribute[bool], value: bool) -> None:
    """Refuse anything but True and False."""
    if not isinstance(value, bool):
        raise SettingsError(f"{attribute.name} must be True or False, not {_shown(value)}.", setting=attribute.name)


def to_endpoint(value: Any) -> Any:
    """Return a path with one slash at its start and none at its end."""
    return f"/{value.strip().strip('/')}" if isinstance(value, str) else value


def check_endpoint(settings: object, attribute: attrs.Attribute[str], value: str) -> None:
    """Refuse anything but a path."""
    if not isinstance(value, str) or not re.fullmatch(r"/[!$%&'()*+,\-./0-9:;=@A-Z_a-z~]+", value) or "//" in value:
        raise SettingsError(
            f"api_endpoint must be a path below the server's URL, such as {DEFAULT_API_ENDPOINT!r}, "
            f"not {_shown(value)}.",
            setting="api_endpoint",
        )


def check_rate(settings: object, attribute: attrs.Attribute[float | None], value: float | None) -> None:
    """Refuse anything but a number of requests in each second and None."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if value is not None and not (is_number and 0.001 <= value <= 1_000_000):
        raise SettingsError(
            f"max_requests_per_second must be a number from 0.001 to 1,000,000, or None, not {_shown(value)}.",
            setting="max_requests_per_second",
        )


def check_fetch_mode(settings: object, attribute: attrs.Attribute[str], value: str) -> None:
    """Refuse anything but the name of a fetch mode."""
    modes = [mode.value for mode in FetchMode]
    if value not in modes:
        known = ", ".join(map(repr, modes))
        raise SettingsError(
            f"fetch must be one of {known}, not {_shown(value)}.{suggestion(_shown(value), modes)}", setting="fetch"
        )


def check_n_plus_one(settings: object, attribute: attrs.Attribute[str | None], value: str | None) -> None:
    """Refuse anything but "warn", "raise" and None."""
    if value not in (None, "warn", "raise"):
        raise SettingsError(f"n_plus_one must be 'warn', 'raise' or None, not {_shown(value)}.", setting="n_plus_one")


def check_full_queue(settings: object, attribute: attrs.Attribute[str], value: str) -> None:
    """Refuse anything but the name of a policy."""
    if value not in FULL_QUEUE_POLICIES:
        known = ", ".join(map(repr, FULL_QUEUE_POLICIES))
        raise SettingsError(
            f"full_event_queue must be one of {known}, not {_shown(value)}."
            f"{suggestion(_shown(value), FULL_QUEUE_POLICIES)}",
            setting="full_event_queue",
        )


def to_dict(value: Mapping[str, str] | None) -> dict[str, str]:
    """Return a mapping as a dict, and None as an empty one."""
    if value is not None and not isinstance(value, Mapping):
        raise SettingsError(
            f"headers, cookies and proxies must be mappings of text to text, not {type(value).__name__}."
        )
    return dict(value or {})


def to_bundle(value: Any) -> Any:
    """Return None in place of an empty text."""
    # An empty text, as an unset variable gives, is no path. requests would take it for False and verify nothing.
    return None if isinstance(value, str) and not value.strip() else value


def to_arguments(value: Any) -> dict[str, Any]:
    """Return the arguments of plugins as a dict."""
    if not isinstance(value, Mapping):
        raise SettingsError(
            f"plugin_arguments must be a mapping, not {type(value).__name__}.", setting="plugin_arguments"
        )
    return dict(value)


def strip(value: Any) -> Any:
    """Return a text without white space at its ends."""
    # A key that was pasted or read from a file often ends with a line break.
    return value.strip() if isinstance(value, str) else value
