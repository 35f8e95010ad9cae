"""State: the schemas that this process has parsed last, which all sessions of a server share.

Parsing the schema of a studio takes longer than the first request. A `Schema` does not change: a session whose server
has a newer one takes another object, and the others keep theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .model import Schema

#: How many schemas stay in memory without a session that uses them. A process rarely works with more servers.
SCHEMAS_KEPT = 2


class ParsedSchemas:
    """Schemas by the hash of the text that they were parsed from, the most recently added ones.

    The hash must have been computed from the text: one that a server or a file only states could stand for the schema
    of another server. Threads need no lock: the content is replaced as a whole, and an addition that gets lost costs
    another parsing.
    """

    def __init__(self, size: int = SCHEMAS_KEPT) -> None:
        self._size = size
        self._schemas: tuple[tuple[str, Schema], ...] = ()

    def get(self, text_hash: str) -> Schema | None:
        """Return the schema that was parsed from the text with that hash, or None."""
        return next((schema for known, schema in self._schemas if known == text_hash), None)

    def add(self, text_hash: str, schema: Schema) -> None:
        """Keep a schema, in place of an equal one and of the oldest if there are too many."""
        others = [each for each in self._schemas if each[0] != text_hash]
        self._schemas = ((text_hash, schema), *others)[: self._size]


#: Those of this process. Forked processes share the memory of the schemas too.
PARSED = ParsedSchemas()
