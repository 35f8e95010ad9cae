"""Random queries that are valid for a schema, with every operator, cast, quantifier, subquery and ordering."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ftrack_orm.query.language.nodes import (
    Comparison,
    Criterion,
    Membership,
    Not,
    Operator,
    Ordering,
    Path,
    Quantifier,
    Related,
    Select,
    Step,
    conjunction,
    disjunction,
)
from ftrack_orm.query.language.resolve import ResolvedPath, resolve_step

_EQUALITY = [Operator.IS, Operator.IS_NOT]
_ORDER = [Operator.LESS, Operator.LESS_OR_EQUAL, Operator.GREATER, Operator.GREATER_OR_EQUAL]
_LIKE = [Operator.LIKE, Operator.NOT_LIKE]
_DATES = [
    *("2024-05-01", "2024-05-02", "2023-12-31", "2024-05-01T10:00:00", "2024-05-01T12:00:00+02:00"),
    *("2024-05-01T10:00:00Z", "2024-05-01 10:00", "1999-01-01"),
]
#: Type -> subtypes, for casts and for attributes of subtypes.
_SUBTYPES = {
    "Context": ["Project", "TypedContext", "Task", "Shot", "Sequence"],
    "TypedContext": ["Task", "Shot", "Sequence"],
    "Resource": ["User", "Group"],
    "List": ["TypedContextList", "AssetVersionList"],
}


class Queries:
    """Generates queries on a production, reproducible by *seed*."""

    def __init__(
        self, production: Any, types: tuple[str, ...], texts: list[str], numbers: list[Any], seed: int
    ) -> None:
        self.production = production
        self.schema = production.schema
        self.types = types
        self.texts = texts
        self.numbers = numbers
        self.ids = [*production.ids(), "no such id", "TASK-01"]
        self.random = random.Random(seed)

    def select(self) -> Select:
        """Return a whole query."""
        entity_type = self.random.choice(self.types)
        choose = self.random.choice
        return Select(
            entity_type,
            criterion=self.criterion(entity_type, depth=3) if self.chance(0.95) else None,
            order_by=tuple(self.ordering(entity_type) for _ in range(choose([0, 0, 1, 2]))),
            offset=choose([None, None, 0, 1, 3]),
            limit=choose([None, None, None, 0, 1, 2, 5]),
        )

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    # -- criteria -------------------------------------------------------------------------------------------------

    def criterion(self, entity_type: str, depth: int) -> Criterion:
        kind = self.random.choices(["condition", "and", "or", "not", "related"], [4, 2, 2, 2, 3 if depth else 0])[0]
        if depth == 0 or kind == "condition":
            return self.membership(entity_type, depth) if self.chance(0.3) else self.comparison(entity_type)
        if kind == "not":
            return Not(self.criterion(entity_type, depth - 1))
        if kind == "related":
            return self.related(entity_type, depth)
        operands = [self.criterion(entity_type, depth - 1) for _ in range(self.random.choice([2, 2, 3]))]
        return conjunction(*operands) if kind == "and" else disjunction(*operands)

    def related(self, entity_type: str, depth: int) -> Criterion:
        steps, at = self.relation_steps(entity_type, collections=True, maximum=1)
        relations = self.production.relations(at)
        if not relations:
            return self.comparison(entity_type)
        step, resolved = self.step(at, self.random.choice(relations).name)
        quantifier = Quantifier.ANY if resolved.attribute.is_plural else Quantifier.HAS
        inner = self.criterion(str(resolved.target), depth - 1) if self.chance(0.85) else None
        return Related(Path((*steps, step)), quantifier, inner)

    def comparison(self, entity_type: str) -> Criterion:
        path, resolved = self.value_path(entity_type, collections=True)
        kind = self.kind(path, resolved)
        if self.chance(0.15):
            return Comparison(path, self.random.choice(_EQUALITY), None)
        operators = {
            "boolean": _EQUALITY,
            "text": [*_EQUALITY, *_ORDER, *_LIKE, *_LIKE],
            "any": [*_EQUALITY, *_ORDER, *_LIKE],
        }
        operator = self.random.choice(operators.get(kind, [*_EQUALITY, *_ORDER]))
        value = self.pattern() if operator in _LIKE else self.literal(kind)
        return Comparison(path, operator, value)

    def membership(self, entity_type: str, depth: int) -> Criterion:
        path, resolved = self.value_path(entity_type, collections=True)
        kind = self.kind(path, resolved)
        negated = self.chance(0.5)
        if depth > 0 and kind != "boolean" and self.chance(0.4):
            return Membership(path, self.subquery(kind, depth - 1), negated)
        count = self.random.choice([0, 1, 2, 2, 5])
        values = [None if self.chance(0.1) else self.literal(kind) for _ in range(count)]
        return Membership(path, tuple(values), negated)

    def subquery(self, kind: str, depth: int) -> Select:
        while True:
            entity_type = self.random.choice(self.types)
            path, resolved = self.value_path(entity_type, collections=False)
            if self.kind(path, resolved) == kind:
                break
        limited = self.chance(0.3)
        return Select(
            entity_type,
            (path,),
            self.criterion(entity_type, depth) if self.chance(0.7) else None,
            order_by=(self.ordering(entity_type),) if limited else (),
            limit=self.random.choice([0, 1, 3]) if limited else None,
        )

    # -- paths ----------------------------------------------------------------------------------------------------

    def step(self, entity_type: str, name: str) -> tuple[Step, ResolvedPath]:
        resolved = resolve_step(Step(name), entity_type, self.schema)
        cast = self.random.choice(_SUBTYPES.get(str(resolved.target), [""])) if self.chance(0.4) else ""
        step = Step(name, cast or None)
        return step, resolve_step(step, entity_type, self.schema)

    def relation_steps(self, entity_type: str, *, collections: bool, maximum: int) -> tuple[tuple[Step, ...], str]:
        """Return steps over at most *maximum* relations, and the type at their end."""
        steps: list[Step] = []
        for _ in range(self.random.randint(0, maximum)):
            # An attribute of a subtype may follow without a cast.
            owner = self.random.choice([entity_type, entity_type, *_SUBTYPES.get(entity_type, [])])
            relations = [one for one in self.production.relations(owner) if collections or not one.is_plural]
            if not relations:
                break
            step, resolved = self.step(entity_type, self.random.choice(relations).name)
            if resolved.target not in self.types or (resolved.attribute.is_plural and not collections):
                break
            steps.append(step)
            entity_type = str(resolved.target)
        return tuple(steps), entity_type

    def value_path(self, entity_type: str, *, collections: bool) -> tuple[Path, ResolvedPath]:
        """Return a path to a value or a relation to one entity, either of which can be compared."""
        steps, at = self.relation_steps(entity_type, collections=collections, maximum=3)
        owner = self.random.choice([at, at, *_SUBTYPES.get(at, [])])
        ends = [*self.production.scalars(owner)]
        if self.chance(0.2):
            ends = [one for one in self.production.relations(owner) if not one.is_plural] or ends
        step, resolved = self.step(at, self.random.choice(ends).name)
        return Path((*steps, step)), resolved

    def ordering(self, entity_type: str) -> Ordering:
        while True:
            path, resolved = self.value_path(entity_type, collections=False)
            if not resolved.attribute.is_relation and self.kind(path, resolved) != "any":
                return Ordering(path, self.chance(0.5))

    @staticmethod
    def kind(path: Path, resolved: ResolvedPath) -> str:
        name = path.steps[-1].name
        if resolved.attribute.is_relation or name == "id" or name.endswith("_id"):
            return "id"
        return str(resolved.attribute.value_type.value).replace("integer", "number")  # type: ignore[union-attr]  # a scalar

    # -- values ---------------------------------------------------------------------------------------------------

    def literal(self, kind: str) -> Any:
        choose: Callable[[list[Any]], Any] = self.random.choice
        if kind == "id":
            return choose(self.ids)
        if kind == "boolean":
            return choose([True, False, "true", "False", 1, 0, "1"])
        if kind == "number":
            number = choose(self.numbers)
            return choose([number, number, float(number), str(number), True])
        if kind == "datetime":
            return choose(_DATES)
        if kind == "any":
            return choose(
                [choose(self.texts), choose(self.numbers), str(choose(self.numbers)), True, False, choose(_DATES)]
            )
        text = choose(self.texts)
        return choose([text, text, text, text.swapcase(), 5, True])

    def pattern(self) -> str:
        text = self.random.choice(self.texts)
        start = self.random.randint(0, len(text))
        piece = text[start : self.random.randint(start, len(text))]
        forms = [f"{text[:start]}%", f"%{text[start:]}", f"%{piece}%", f"{text[:start]}%{text[-1:]}", text, "%", ""]
        escaped = text.replace("\\", "\\\\").replace("%", "\\%")
        return self.random.choice([*forms, escaped, f"%{escaped}%", piece.swapcase() + "%", f"%{piece}%{piece}%"])
