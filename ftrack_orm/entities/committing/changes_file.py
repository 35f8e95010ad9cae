"""Edge: the JSON files that hold recorded changes."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ftrack_orm.errors import InvalidValue, StorageError

FORMAT = "ftrack_orm changes"
VERSION = 1


def write_changes(path: Path, content: Mapping[str, Any]) -> None:
    """Write *content* to *path* atomically, with the name and version of the format.

    The file is written beside its place and then moved, so that nothing ever reads a part of it. Raises `StorageError`
    when it cannot be written.
    """
    document = {"format": FORMAT, "version": VERSION, **content}
    text = json.dumps(document, indent=2, ensure_ascii=False)
    temporary = None
    try:
        # Imported here because it takes longer to import than everything else that sessions without files need.
        import tempfile

        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = file.name
            file.write(text + "\n")
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise StorageError(f"The changes could not be written to {path}: {error.strerror or error}.") from error


def read_changes(path: Path) -> dict[str, Any]:
    """Return the document in *path*; raises `StorageError` if it cannot be read, `InvalidValue` for another format."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StorageError(f"The changes could not be read from {path}: {error.strerror or error}.") from error
    except ValueError as error:
        raise InvalidValue(f"{path} is not a file of changes: it is not JSON ({error}).") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InvalidValue(f"{path} is not a file of changes; session.changes().save(path) writes such files.")
    if document.get("version") != VERSION:
        raise InvalidValue(f"{path} is of version {document.get('version')!r}; this library reads version {VERSION}.")
    return document
