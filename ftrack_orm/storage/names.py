"""Pure: names of files as they are sent to the server."""

from __future__ import annotations

import re
import unicodedata

#: Characters that no file name has on some system, or that would end a header: separators, control characters.
_UNUSABLE = re.compile(r"[/\\\x00-\x1f\x7f]")


def normalized(text: str) -> str:
    """Return *text* with composed characters (Unicode NFC), as `@ftrack/api` sends names.

    macOS decomposes the names of files: without this, one name would have two spellings on the server.
    """
    return unicodedata.normalize("NFC", text)


def upload_name(file_name: str, component_id: str) -> str:
    """Return the file name for an upload: normalized, without separators; the component's id where nothing is left."""
    name = _UNUSABLE.sub("_", normalized(file_name)).encode("utf-8", "replace").decode("utf-8").strip()
    return name or component_id
