"""Edge: caches the schemas of servers on disk, so that a session requests a schema only when it has changed.

A schema is a megabyte that changes a few times a year, and the server states its hash at no cost. The cache never
raises: a problem with its folder or files counts as a miss and is logged at debug level.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

logger = logging.getLogger("ftrack_orm.schema")

#: The version of the file format, to be increased when it changes. Files of another version are misses.
_FORMAT = 1


class SchemaCache:
    """One file for each server in *folder*, which is created when needed. Without a folder, nothing is cached.

    Any number of processes may use a folder at the same time: files are replaced atomically, and the last writer wins.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def path(self, server_url: str) -> Path | None:
        """Return the file of a server's schema; its name is readable and unique to the server."""
        if self.folder is None:
            return None
        readable = re.sub(r"[^a-z0-9.]+", "-", server_url.lower().partition("://")[2])[:60].strip("-.")
        digest = hashlib.sha256(server_url.encode("utf-8")).hexdigest()[:12]
        return self.folder / f"schema-{readable}-{digest}.json"

    def load(self, server_url: str) -> tuple[list[dict[str, Any]], str] | None:
        """Return the cached `query_schemas` reply of a server and its hash, or None."""
        path = self.path(server_url)
        if path is None:
            return None
        try:
            cached = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            logger.debug("The schema cache %s cannot be read: %s", path, error)
            return None
        if not _is_complete(cached) or cached["server_url"] != server_url:
            logger.debug("The schema cache %s is damaged or belongs to another server", path)
            return None
        return cached["schemas"], cached["hash"]

    def store(self, server_url: str, schemas: Sequence[Mapping[str, Any]], hash: str) -> None:
        """Cache a server's `query_schemas` reply with the hash that the server states, replacing an earlier one."""
        path = self.path(server_url)
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            content = {"format": _FORMAT, "server_url": server_url, "hash": hash, "schemas": list(schemas)}
            _replace(path, json.dumps(content, separators=(",", ":")).encode("utf-8"))
        except (OSError, ValueError, TypeError) as error:
            logger.debug("The schema cache %s cannot be written: %s", path, error)


def _is_complete(cached: Any) -> bool:
    return (
        isinstance(cached, dict)
        and cached.get("format") == _FORMAT
        and isinstance(cached.get("server_url"), str)
        and isinstance(cached.get("hash"), str)
        and isinstance(cached.get("schemas"), list)
        and all(isinstance(description, dict) for description in cached["schemas"])
    )


def _replace(path: Path, content: bytes) -> None:
    """Write a file atomically: readers see the old content or the new one, never a part."""
    # Imported here: it loads a dozen modules, and most runs find the schema current.
    import tempfile

    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
