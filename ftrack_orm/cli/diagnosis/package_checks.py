"""Edge: checks of the installation: Python, the library, and the packages of its extras."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterator
from typing import Final

import ftrack_orm

from .finding import Finding, ok, skipped

#: The packages that the library uses if they are installed: the extra that installs each, and what it is for.
OPTIONAL_PACKAGES: Final = {
    "orjson": ("speed", "faster JSON"),
    "keyring": ("keyring", "keys in the system keyring"),
    "rich": ("cli", "tables and progress on a terminal"),
    "aiohttp": ("sandbox", "the embedded server"),
    "fsspec": ("storage", "locations on S3 and other storages"),
}


def check_packages() -> Iterator[Finding]:
    """Return the versions of Python, the library and its packages."""
    system = f"{platform.system()} {platform.release()}"
    yield ok("python", f"{platform.python_version()} ({platform.python_implementation()}, {system})")
    yield ok("ftrack_orm", ftrack_orm.__version__)
    for package, (extra, purpose) in OPTIONAL_PACKAGES.items():
        version = version_of(package)
        if version is None:
            yield skipped(package, f"not installed; {purpose}: pip install 'ftrack-orm[{extra}]'")
        else:
            yield ok(package, version)


def version_of(package: str) -> str | None:
    """Return the version of an installed package, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
