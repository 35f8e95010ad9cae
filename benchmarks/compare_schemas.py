"""Question: does the embedded server describe the same data model as a real ftrack server?

    python benchmarks/compare_schemas.py FILE        # FILE: the query_schemas reply of a real server, as JSON
    python benchmarks/compare_schemas.py --fingerprint [FILE]

Prints every type, attribute and field that differs. The exit status is 1, or 0 with the output "no differences". Lists
whose order has no meaning (all but `primary_key` and `enum`) are compared as sets. With `--fingerprint` it prints the
SHA-256 of a reply without such orders, which is the same for equal replies: that of FILE, or of the embedded server.
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

#: Lists whose order has a meaning: clients send keys and show options in this order.
ORDERED = frozenset({"primary_key", "enum"})


def canonical(schemas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the reply with types sorted by name, and with every list sorted whose order has no meaning."""
    return sorted((_sorted_lists(description) for description in schemas), key=lambda description: description["id"])


def _sorted_lists(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _sorted_lists(inner, key) for key, inner in value.items()}
    return sorted(value) if isinstance(value, list) and name not in ORDERED else value


def fingerprint(schemas: list[dict[str, Any]]) -> str:
    """Return the SHA-256 of the canonical reply."""
    return hashlib.sha256(json.dumps(canonical(schemas), sort_keys=True).encode()).hexdigest()


def differences(real: list[dict[str, Any]], embedded: list[dict[str, Any]]) -> Iterator[str]:
    """Yield a line for everything that differs or is only in one of the replies."""
    yield from _compare(
        "", {description["id"]: description for description in canonical(real)},
        {description["id"]: description for description in canonical(embedded)},
    )  # fmt: skip


def _compare(path: str, real: Any, embedded: Any) -> Iterator[str]:
    if isinstance(real, dict) and isinstance(embedded, dict):
        for name in sorted(real.keys() | embedded.keys()):
            inner_path = f"{path}.{name}" if path else name
            if name not in embedded:
                yield f"{inner_path}: only in the real reply: {_abbreviate(real[name])}"
            elif name not in real:
                yield f"{inner_path}: only in the embedded reply: {_abbreviate(embedded[name])}"
            else:
                yield from _compare(inner_path, real[name], embedded[name])
    elif json.dumps(real) != json.dumps(embedded):  # as JSON, so that `true` and `1` differ
        yield f"{path}: real {_abbreviate(real)}, embedded {_abbreviate(embedded)}"


def _abbreviate(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= 200 else text[:197] + "..."


def main(arguments: list[str]) -> int:
    """Print the differences or the fingerprint, and return the exit status."""
    parser = argparse.ArgumentParser(description="Compare a real server's schema with the embedded server's.")
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a query_schemas reply, as JSON")
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
    lines = list(differences(real, embedded))
    print("\n".join(lines) if lines else "no differences")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
