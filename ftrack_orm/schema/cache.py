"""Edge: caches the schemas of servers on disk, so that a session requests a schema only when it has changed.

A schema is a megabyte that changes a few times a year, and the server states its hash at no cost. The hash is the MD5
of the schema's JSON with sorted keys (PROTOCOL 5.1), and a file holds exactly that text. So the hash of a cached schema
is computed, never believed, and damage shows without parsing: a schema that is not the server's has another hash.

The cache never raises: a problem with its folder or files counts as a miss and is logged.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
from pathlib import Path
from typing import Any

from ftrack_orm.files import NotRegularFile, check_regular, read_regular_file

from .model import Schema, schema_text
from .parsed import PARSED, ParsedSchemas

logger = logging.getLogger("ftrack_orm.schema")

#: The version of the file format, to be increased when it changes. Files of another version are misses.
_FORMAT = 2

#: The largest file that is read. The schemas of large studios have a few megabytes.
MAX_BYTES = 32 << 20
_MAX_HEADER_BYTES = 4096
_NEW_FILE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


class SchemaCache:
    """One file for each server in *folder*, which is created when needed. Without a folder, nothing is cached.

    A file has a line of JSON about itself and then the text of the schema. Any number of processes may use a folder at
    the same time: files are replaced atomically, and the last writer wins. *parsed* has the schemas that need not be
    parsed again.
    """

    def __init__(self, folder: Path | None, parsed: ParsedSchemas = PARSED) -> None:
        self.folder = folder
        self._parsed = parsed

    def path(self, server_url: str) -> Path | None:
        """Return the file of a server's schema; its name is readable and unique to the server."""
        if self.folder is None:
            return None
        readable = re.sub(r"[^a-z0-9.]+", "-", server_url.lower().partition("://")[2])[:60].strip("-.")
        digest = hashlib.sha256(server_url.encode("utf-8")).hexdigest()[:12]
        return self.folder / f"schema-{readable}-{digest}.json"

    def load(self, server_url: str) -> tuple[Schema, str] | None:
        """Return the cached schema of a server and its hash, or None."""
        path = self.path(server_url)
        if path is None:
            return None
        try:
            content = read_regular_file(path, MAX_BYTES)
        except FileNotFoundError:
            return None
        except NotRegularFile as error:
            logger.warning("The schema cache %s is not used: %s. Remove it.", path, error.strerror)
            return None
        except (OSError, MemoryError) as error:
            logger.debug("The schema cache %s cannot be read: %s", path, error)
            return None
        header, _, text = content.partition(b"\n")
        text_hash = _hash(text)
        if not _fits(header, server_url, text_hash):
            logger.debug("The schema cache %s is damaged, outdated, or belongs to another server", path)
            return None
        schema = self._parsed.get(text_hash)
        if schema is None:
            try:
                answer = json.loads(text)
                if not isinstance(answer, list):
                    raise TypeError(f"a list of entity types was expected, not {answer!r:.100}")
                schema = Schema.from_response(answer)
            except Exception as error:
                # The file was written by other means: its content is arbitrary, and so are the errors.
                logger.debug("The schema cache %s holds no schema: %r", path, error)
                return None
            self._parsed.add(text_hash, schema)
        return schema, text_hash

    def store(self, server_url: str, schema: Schema, stated_hash: str | None) -> None:
        """Cache a server's schema in place of an earlier one, unless it has another hash than the server has stated."""
        path = self.path(server_url)
        if path is None:
            return
        try:
            text = schema_text(schema.answer).encode("ascii")
            text_hash = _hash(text)
            if stated_hash is not None and stated_hash != text_hash:
                # It would be requested again by every session, in a request of its own.
                logger.debug("The schema of %s is not cached: its hash is %s", server_url, text_hash)
                path.unlink(missing_ok=True)
                return
            self._parsed.add(text_hash, schema)
            header = json.dumps(_header(server_url, text_hash)).encode("ascii")
            path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                check_regular(path, path.stat())
            replace_file(path, header + b"\n" + text)
        except (OSError, ValueError, TypeError, RecursionError, MemoryError) as error:
            logger.debug("The schema cache %s cannot be written: %s", path, error)


def _hash(text: bytes) -> str:
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def _fits(header: bytes, server_url: str, text_hash: str) -> bool:
    """Return whether a file's first line states this format, the server and the hash of the text."""
    try:
        stated = json.loads(header[:_MAX_HEADER_BYTES])
    except (ValueError, RecursionError):
        return False
    return bool(stated == _header(server_url, text_hash))


def _header(server_url: str, text_hash: str) -> dict[str, Any]:
    return {"format": _FORMAT, "server_url": server_url, "hash": text_hash}


def replace_file(path: Path, content: bytes) -> None:
    """Write a file atomically: readers see the old content or the new one, never a part.

    Its permissions are those that the umask leaves, so that the users of a shared folder can read it. `tempfile` would
    make it readable by its owner only.
    """
    temporary = path.with_name(f".{path.stem}-{os.urandom(8).hex()}.part")
    descriptor = os.open(temporary, _NEW_FILE_FLAGS, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
