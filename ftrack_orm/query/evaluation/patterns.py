"""Pure: matches text with the patterns of `like`."""

from __future__ import annotations

import re
from collections.abc import Callable

from .normalization import fold

_TOKEN = re.compile(r"\\\\|\\%|%|[^\\%]+|\\")


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    r"""Return the function that decides whether a whole text matches *pattern*.

    Matching disregards the case of ASCII letters. `%` matches any text, `\\%` a percent sign, `\\\\` a backslash, and
    every other character itself.
    """
    # Text between the unescaped percent signs; there is a match when the parts occur in this order.
    parts = [""]
    for token in _TOKEN.findall(fold(pattern)):
        if token == "%":
            parts.append("")
        else:
            parts[-1] += token[1:] if token in ("\\\\", "\\%") else token
    first, last = parts[0], parts[-1]

    def matches(text: str) -> bool:
        text = fold(text)
        if len(parts) == 1:
            return text == first
        if not text.startswith(first):
            return False
        position = len(first)
        for part in parts[1:-1]:
            position = text.find(part, position)
            if position < 0:
                return False
            position += len(part)
        return len(text) - len(last) >= position and text.endswith(last)

    return matches
