"""Question: does the embedded server describe the same data model as a real ftrack server?

    python benchmarks/compare_schemas.py FILE        # FILE: a real server's query_schemas answer, as JSON
    python benchmarks/compare_schemas.py --fingerprint [FILE]

Prints every type, attribute and field that differs, and ends with exit status 0 and "no differences", or 1. Lists whose
order means nothing (all but `primary_key` and `enum`) are compared as sets. With `--fingerprint` it prints the SHA-256
of an answer with such orders removed (FILE's, or else the embedded server's), which is equal for equal answers.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ftrack_orm.sandbox import datamodel

#: Lists whose order carries meaning: clients send keys in this order, and show choices in it.
ORDERED = frozenset({"primary_key", "enum"})


def canonical(answer: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the answer with types sorted by name and every list whose order means nothing sorted."""
    return sorted((_sorted_lists(description) for description in answer), key=lambda description: description["id"])


def _sorted_lists(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _sorted_lists(inner, key) for key, inner in value.items()}
    return sorted(value) if isinstance(value, list) and name not in ORDERED else value


def fingerprint(answer: list[dict[str, Any]]) -> str:
    """Return the SHA-256 of the canonical answer."""
    return hashlib.sha256(json.dumps(canonical(answer), sort_keys=True).encode()).hexdigest()


def differences(real: list[dict[str, Any]], embedded: list[dict[str, Any]]) -> Iterator[str]:
    """Yield one line for everything that is on one side only, or differs."""
    yield from _compare(
        "", {description["id"]: description for description in canonical(real)},
        {description["id"]: description for description in canonical(embedded)},
    )  # fmt: skip


def _compare(path: str, real: Any, embedded: Any) -> Iterator[str]:
    if isinstance(real, dict) and isinstance(embedded, dict):
        for name in sorted(real.keys() | embedded.keys()):
            below = f"{path}.{name}" if path else name
            if name not in embedded:
                yield f"{below}: only in the real answer: {_short(real[name])}"
            elif name not in real:
                yield f"{below}: only in the embedded answer: {_short(embedded[name])}"
            else:
                yield from _compare(below, real[name], embedded[name])
    elif json.dumps(real) != json.dumps(embedded):  # as JSON, so that `true` and `1` differ
        yield f"{path}: really {_short(real)}, embedded {_short(embedded)}"


def _short(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= 200 else text[:197] + "..."


def main(arguments: list[str]) -> int:
    """Print the differences or the fingerprint, and return the exit status."""
    parser = argparse.ArgumentParser(description="Compare a real server's schema with the embedded server's.")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a query_schemas answer, as JSON")
    parser.add_argument("--fingerprint", action="store_true", help="print the fingerprint only")
    options = parser.parse_args(arguments)
    embedded = datamodel.load().schemas
    if options.file is None:
        if not options.fingerprint:
            parser.error("FILE is needed, or --fingerprint")
        print(fingerprint(embedded))
        return 0
    real = json.loads(options.file.read_text("utf-8"))
    if options.fingerprint:
        print(fingerprint(real))
        return 0
    found = list(differences(real, embedded))
    print("\n".join(found) if found else "no differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
