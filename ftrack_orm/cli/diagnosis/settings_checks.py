"""Edge: checks of the settings and of their sources: the environment, the keyring, and ftrack Connect."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ftrack_orm.credentials import STORES, VARIABLES, CredentialStore, Search, search_credentials
from ftrack_orm.errors import SettingsError
from ftrack_orm.settings import CACHE_VARIABLE, PLUGIN_VARIABLE, normalize_server_url, schema_cache_folder

from .finding import Finding, failed, ok, warning

_NAMES: Final = {"server_url": "server", "api_user": "user", "api_key": "key"}
#: The variables that requests reads for each connection.
NETWORK_VARIABLES: Final = (
    *("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)
#: The variables of the library and of the official client.
FTRACK_VARIABLES: Final = (*(name for names in VARIABLES.values() for name in names), CACHE_VARIABLE, PLUGIN_VARIABLE)
#: Names that are less similar are those of other programs, such as FTRACK_CONNECT_PLUGIN_PATH.
_LEAST_SIMILARITY: Final = 0.85


def check_account(
    given: Mapping[str, str | None], environ: Mapping[str, str], stores: Sequence[CredentialStore] = STORES
) -> tuple[Search | None, list[Finding]]:
    """Return the search for server, user and key, and a finding for each. The key itself is never shown.

    The search is None if the address of the server is malformed.
    """
    try:
        search = search_credentials(given, environ, stores)
        if search.found.get("server_url"):
            normalize_server_url(search.found.values["server_url"])
    except SettingsError as error:
        return None, [failed("server", str(error), "Set FTRACK_SERVER to the address that you open in a browser.")]
    findings = []
    for name, label in _NAMES.items():
        value = search.found.get(name)
        if value is None:
            reasons = "".join(f" {reason[0].upper()}{reason[1:]}." for reason in search.reasons)
            variable = VARIABLES[name][0]
            findings.append(failed(label, f"It is not set.{reasons}", f"Run `ftrack-orm login`, or set {variable}."))
            continue
        shown = f"{len(value.strip())} characters" if name == "api_key" else value
        if name == "server_url":
            shown = normalize_server_url(value)
        findings.append(ok(label, f"{shown}, from {_source(search.found.sources[name])}"))
    return search, findings


def check_variables(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Find variables that look like those of the library with a mistake, and show those about the network."""
    for name in sorted(environ):
        if name.startswith("FTRACK_") and name not in FTRACK_VARIABLES:
            close = difflib.get_close_matches(name, FTRACK_VARIABLES, n=1, cutoff=_LEAST_SIMILARITY)
            if close:
                yield warning("variables", f"{name} is set and has no meaning.", f"Did you mean {close[0]}?")
    for name in NETWORK_VARIABLES:
        value = environ.get(name) or environ.get(name.lower())
        if not value:
            continue
        if name.endswith("BUNDLE") and not Path(value).exists():
            yield failed(
                "variables",
                f"{name} is {value}, which does not exist.",
                f"Correct {name}, or remove it: then the certificates of the package certifi apply.",
            )
        else:
            yield ok("variables", f"{name} is {_without_password(value)}")


def check_folders(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Check the folder of the schema cache, and those of the plugins."""
    try:
        folder = schema_cache_folder(None, environ)
    except SettingsError as error:
        yield failed("cache folder", str(error), f"Set {CACHE_VARIABLE} to a folder, or remove it.")
    else:
        source = CACHE_VARIABLE if environ.get(CACHE_VARIABLE, "").strip() else "the default"
        assert folder is not None, "only an argument disables the cache"
        yield _check_cache_folder(folder, source)
    for each in filter(str.strip, environ.get(PLUGIN_VARIABLE, "").split(os.pathsep)):
        if Path(each).expanduser().is_dir():
            yield ok("plugins", f"{each}, from {PLUGIN_VARIABLE}")
        else:
            yield warning("plugins", f"{each} is no folder.", f"Create it, or remove it from {PLUGIN_VARIABLE}.")


def _check_cache_folder(folder: Path, source: str) -> Finding:
    files = sorted(folder.glob("schema-*.json")) if folder.is_dir() else []
    size = sum(path.stat().st_size for path in files)
    detail = f"{folder}, from {source}: {len(files)} schemas, {size / 1e6:.1f} MB"
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir():
        return failed("cache folder", f"{existing} is no folder.", f"Remove the file, or set {CACHE_VARIABLE}.")
    if not os.access(existing, os.W_OK | os.X_OK):
        return warning(
            "cache folder",
            f"{detail}. It cannot be written, so that each start requests the schema.",
            f"Give yourself the permission, or set {CACHE_VARIABLE} to another folder.",
        )
    return ok("cache folder", detail)


def _source(name: str) -> str:
    return "an option of the command" if name == "argument" else name


def _without_password(value: str) -> str:
    """Return a URL without its user and password."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return "a URL that cannot be parsed"
    if "@" not in value:
        return value
    if not parts.scheme or not parts.netloc:
        return f"…@{value.rpartition('@')[2]}"
    return f"{parts.scheme}://…@{parts.netloc.rpartition('@')[2]}"
