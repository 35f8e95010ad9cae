"""Pure: values as text for terminals and pipes, without characters that a terminal would act on."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any, Final

from ftrack_orm.errors import printable

#: Control characters (C0, DEL, C1) and those that change the direction of text. A name on a server is another user's
#: input: an escape sequence in it could rewrite the terminal, and a line break could feign a row.
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_ESCAPES: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable_text(value: Any, *, keep_lines: bool = False) -> str:
    """Return a value as text in one line: nothing for None, and escapes for control characters.

    *keep_lines* keeps line breaks and tabs.
    """
    text = printable(_text(value))

    def escape(match: re.Match[str]) -> str:
        character = match.group()
        if keep_lines and character in "\n\t":
            return character
        return _ESCAPES.get(character) or (
            f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}"
        )

    return _UNSAFE.sub(escape, text)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_text(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(map(_text, value))
    return str(value)
