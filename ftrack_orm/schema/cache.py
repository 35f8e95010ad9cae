"""Edge: the schemas of servers on disk, so that a session need not ask for what has not changed.

A schema is a megabyte that changes a few times a year, while the server tells its hash for nothing. The cache never
stands in the way: whatever is wrong with its folder or files is a miss, told to the debug log only.
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

#: Raised when what a file holds changes its shape; files of another shape are misses.
_FORMAT = 1


class SchemaCache:
    """One file a server in *folder*, which is made when first needed; without a folder nothing is kept.

    Any number of processes may use a folder at the same time: a file is replaced whole, and the last one wins.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def path(self, server_url: str) -> Path | None:
        """Return the file that keeps a server's schema: readable by people, and different for every server."""
        if self.folder is None:
            return None
        readable = re.sub(r"[^a-z0-9.]+", "-", server_url.lower().partition("://")[2])[:60].strip("-.")
        digest = hashlib.sha256(server_url.encode("utf-8")).hexdigest()[:12]
        return self.folder / f"schema-{readable}-{digest}.json"

    def load(self, server_url: str, hash: str | None = None) -> tuple[list[dict[str, Any]], str] | None:
        """Return the kept `query_schemas` answer of a server and its hash, or None.

        With *hash*, the server's present one, an answer of another hash is not returned.
        """
        path = self.path(server_url)
        if path is None:
            return None
        try:
            kept = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            logger.debug("The schema cache %s cannot be read: %s", path, error)
            return None
        if not _is_whole(kept) or kept["server_url"] != server_url:
            logger.debug("The schema cache %s does not hold what it should", path)
            return None
        if hash is not None and kept["hash"] != hash:
            logger.debug("The schema cache %s is of an earlier schema", path)
            return None
        return kept["schemas"], kept["hash"]

    def store(self, server_url: str, answer: Sequence[Mapping[str, Any]], hash: str) -> None:
        """Keep a server's `query_schemas` answer under the hash the server gave, in place of an earlier one."""
        path = self.path(server_url)
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            content = {"format": _FORMAT, "server_url": server_url, "hash": hash, "schemas": list(answer)}
            _replace(path, json.dumps(content, separators=(",", ":")).encode("utf-8"))
        except (OSError, ValueError, TypeError) as error:
            logger.debug("The schema cache %s cannot be written: %s", path, error)


def _is_whole(kept: Any) -> bool:
    return (
        isinstance(kept, dict)
        and kept.get("format") == _FORMAT
        and isinstance(kept.get("server_url"), str)
        and isinstance(kept.get("hash"), str)
        and isinstance(kept.get("schemas"), list)
        and all(isinstance(description, dict) for description in kept["schemas"])
    )


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that readers see the old content or the new one, never a part."""
    # Here, since it brings a dozen modules along that most runs, which find the schema current, have no use for.
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
