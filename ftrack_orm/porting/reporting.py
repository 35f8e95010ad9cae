"""State: the findings of one script, and the questions that decide about a place in it."""

from __future__ import annotations

import ast
from typing import Any, Final

from .finding import Finding
from .inference import Inference
from .kinds import OTHER, ValueKind
from .names import advice_for_member, compat_advice

#: Methods of arrow that a datetime of Python does not have.
_OF_ARROW: Final = frozenset(
    [
        "ceil",
        "dehumanize",
        "floor",
        "for_json",
        "format",
        "humanize",
        "int_timestamp",
        "float_timestamp",
        "is_between",
        "naive",
        "range",
        "shift",
        "span",
        "to",
        "datetime",
    ]
)
_WITHOUT_TIMEZONE: Final = frozenset({"now", "utcnow", "today", "strptime", "fromtimestamp", "combine"})
_LONGEST_TEXT: Final = 60


class Reporter:
    """Collects the findings of one script."""

    def __init__(self, guessing: bool) -> None:
        self.findings: list[Finding] = []
        self.inference = Inference(guessing)
        self._reported: set[tuple[int, int, str]] = set()

    def report(
        self, node: ast.AST, write: str, *, text: str = "", compat: str | None = None, condition: str = ""
    ) -> None:
        """Add a finding for *node*, once for each place and advice."""
        position: Any = node
        key = (position.lineno, position.col_offset, write)
        if key not in self._reported:
            self._reported.add(key)
            text = " ".join((text or ast.unparse(node)).split())
            if len(text) > _LONGEST_TEXT:
                text = f"{text[: _LONGEST_TEXT - 3]}..."
            self.findings.append(Finding(position.lineno, position.col_offset + 1, text, write, compat, condition))

    def check_member(self, node: ast.Attribute, owner: ValueKind) -> None:
        write = advice_for_member(owner.name, node.attr)
        if write is not None:
            compat = compat_advice(owner.name, node.attr)
            self.report(node, write, compat=compat, condition=owner.condition)
        elif owner.name == "date" and node.attr in _OF_ARROW:
            text = ast.unparse(node.value)
            self.report(node, f"arrow.get({text}).{node.attr}", condition=owner.condition)

    def check_container(self, node: ast.AST, kind: ValueKind | None, texts: dict[str, str]) -> None:
        if kind is not None and kind.name in texts:
            self.report(node, texts[kind.name], condition=kind.condition)

    def check_iteration(self, node: ast.AST, kind: ValueKind | None) -> None:
        self.check_container(node, kind, {"entity": 'session.schema.type("Task").attributes for the names'})

    def check_truth(self, node: ast.expr) -> None:
        if isinstance(node, ast.BoolOp):
            for value in node.values:
                self.check_truth(value)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self.check_truth(node.operand)
        else:
            self.check_container(node, self.inference.kind_of(node), {"query": "query.exists()"})

    def check_timezone(self, node: ast.expr) -> None:
        if not isinstance(node, ast.Call) or self.inference.kind_of(node) not in (None, OTHER):
            return
        name = ast.unparse(node.func)
        function = name.rpartition(".")[2]
        is_date = name in {"datetime", "datetime.datetime"} or (
            function in _WITHOUT_TIMEZONE and name.rpartition(".")[0] in {"datetime", "datetime.datetime"}
        )
        has_timezone = any(keyword.arg in {"tzinfo", "tz"} for keyword in node.keywords)
        if (
            is_date
            and not has_timezone
            and not (function in {"now", "fromtimestamp"} and len(node.args) > (function != "now"))
        ):
            example = "datetime.now(timezone.utc)" if function in {"now", "utcnow", "today"} else "tzinfo=timezone.utc"
            self.report(node, f"a date with its timezone, such as {example}; ftrack takes one without for UTC")
