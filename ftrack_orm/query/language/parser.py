"""Pure: parses the text of a query to nodes, by recursive descent over its tokens.

The grammar (protocol facts; keywords in any case, clauses in any order)::

    query      = ["select" projection {"," projection} "from"] type {clause}
    clause     = "where" criterion | "group" "by" path {"," path} | "order" "by" path [direction] {"," ...}
               | "offset" number | "limit" number
    criterion  = operand {("and" | "or") operand}                       and binds tighter than or
    operand    = "not" operand | "(" criterion ")" | condition
    condition  = path comparator value | path ("in" | "not_in") "(" (values | query) ")"
               | path ("has" | "any") "(" [criterion] ")"

Whether a word is a keyword depends on its position, so attributes may be called `from`, `date` or `any`. Only an
attribute called `not` cannot begin a condition.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import attrs

from .lexer import Token, TokenKind
from .nodes import (
    Aggregate,
    Comparison,
    Criterion,
    Function,
    Membership,
    Not,
    Operator,
    Ordering,
    Path,
    Projection,
    Quantifier,
    Related,
    Scalar,
    Select,
    Step,
    conjunction,
    disjunction,
    path_of_aggregate,
)
from .token_stream import TokenStream

if TYPE_CHECKING:
    from ftrack_orm.errors import QueryError

T = TypeVar("T")

#: Every operator by its own spelling, and the synonyms that ftrack accepts.
_COMPARATORS = {operator.spelling: operator for operator in Operator} | {
    "=": Operator.IS,
    "!=": Operator.IS_NOT,
    "before": Operator.LESS,
    "less_than": Operator.LESS,
    "after": Operator.GREATER,
    "greater_than": Operator.GREATER,
}
_DIRECTIONS = {"asc": False, "ascending": False, "desc": True, "descending": True}
_CLAUSES = ("where", "group", "order", "offset", "limit")
_CONTINUATIONS = ("and", "or", *_CLAUSES)
_FUNCTIONS = {function.value: function for function in Function}
_NAMED_VALUES: dict[str, Scalar] = {"true": True, "false": False, "none": None, "null": None}

_NAME = re.compile(r"[^\W\d]\w*\Z")
_PATH = re.compile(r"[^\W\d]\w*(?:\[\w+\])?(?:\.[^\W\d]\w*(?:\[\w+\])?)*\Z")
_STEP = re.compile(r"(\w+)(?:\[(\w+)\])?")
# Digits with leading zeros, such as the shot name 0010, are text, because a number does not keep the zeros.
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+\Z")


def parse(text: str) -> Select:
    """Parse a whole query, with or without its `select`.

    Raises `QueryError`, which names the expected and the actual token. Its `position` is the index of the latter.
    """
    return _parse(text, _Parser.query)


def parse_criterion(text: str) -> Criterion:
    """Parse the criterion of a `where` clause; raises the errors of `parse`."""
    return _parse(text, _Parser.criterion)


def parse_projections(text: str) -> tuple[Projection, ...]:
    """Parse the paths and aggregates of a `select` clause, separated by commas; raises the errors of `parse`."""
    return _parse(text, lambda parser: parser.separated(parser.projection))


def parse_orderings(text: str) -> tuple[Ordering, ...]:
    """Parse the keys of an `order by` clause, separated by commas; raises the errors of `parse`."""
    return _parse(text, lambda parser: parser.separated(parser.ordering))


def parse_group_condition(text: str) -> Criterion:
    """Parse a condition on groups, in which an aggregate such as `count(id)` is a path of one step of that text.

    Raises the errors of `parse`.
    """
    return _parse(text, _Parser.criterion, _GroupParser)


def parse_group_orderings(text: str) -> tuple[Ordering, ...]:
    """Parse the keys of the order of groups, with aggregates as in `parse_group_condition`."""
    return _parse(text, lambda parser: parser.separated(parser.ordering), _GroupParser)


def parse_grouped(text: str) -> Select:
    """Parse a whole query whose `order by` may have aggregates, as paths of one step: `order by count(id)`.

    ftrack does not have these. Raises the errors of `parse`.
    """
    return _parse(text, _Parser.query, _GroupedQueryParser)


def parse_path(text: str) -> Path:
    """Parse a single path such as `parent[Shot].status.name`; raises the errors of `parse`."""
    return _parse(text, _Parser.path)


def _parse(text: str, rule: Callable[[_Parser], T], parser_class: type[_Parser] | None = None) -> T:
    parser = (parser_class or _Parser)(text)
    try:
        result = rule(parser)
    except RecursionError:
        message = "The query is nested too deeply for the rest of Python's stack."
        raise parser.error_at(parser.token, message) from None
    if parser.token.kind is not TokenKind.END:
        raise parser.unexpected("the end of the text")
    return result


class _Parser(TokenStream):
    """The rules of the grammar. Each consumes the tokens of its construct and returns the node."""

    # -- the query and its clauses --------------------------------------------------------------------------------

    def query(self) -> Select:
        projections: tuple[Projection, ...] = ()
        if self.accept("select"):
            projections = self.separated(self.projection)
            self.expect("from", "',' or 'from'")
            expected = "an entity type"
        else:
            expected = "'select' or an entity type"
        if self.token.kind is not TokenKind.WORD or not _NAME.match(self.token.text):
            raise self.unexpected(expected)
        entity_type = self.take()
        return self.clauses(entity_type, projections)

    def clauses(self, entity_type: Token, projections: tuple[Projection, ...]) -> Select:
        criterion: Criterion | None = None
        group_by: tuple[Path, ...] = ()
        order_by: tuple[Ordering, ...] = ()
        amounts: dict[str, int] = {}
        seen: set[str] = set()
        while (clause := self.keyword) in _CLAUSES:
            if clause in seen:
                raise self.error_at(self.token, f"Expected the clause '{clause}' only once, found it a second time.")
            seen.add(clause)
            self.take()
            if clause == "where":
                criterion = self.criterion()
            elif clause == "group":
                self.expect("by", "'by' after 'group'")
                group_by = self.separated(self.path)
            elif clause == "order":
                self.expect("by", "'by' after 'order'")
                order_by = self.separated(self.ordering)
            else:
                amounts[clause] = self.amount(clause)
        if self.keyword == "having":
            message = "ftrack has no conditions on groups. query.having('count(id) > 3') restricts them."
            raise self.error_at(self.token, message)
        if self.token.kind is not TokenKind.END and self.keyword != ")":
            raise self.unexpected(self.expected_after_clauses(seen))
        return Select(
            entity_type.text,
            projections,
            criterion,
            group_by,
            order_by,
            amounts.get("offset"),
            amounts.get("limit"),
            position=entity_type.position,
        )

    def expected_after_clauses(self, seen: set[str]) -> str:
        words = ["and", "or"] if "where" in seen else ["where"]
        words += [f"{word} by" for word in ("group", "order") if word not in seen]
        words += [word for word in ("offset", "limit") if word not in seen]
        return ", ".join(map(repr, words)) + " or the end of the query"

    def projection(self) -> Projection:
        function = _FUNCTIONS.get(self.keyword)
        if function is None or self.lookahead.text != "(":
            return self.path()
        self.take()
        self.take()
        path = self.path()
        self.expect(")", "')'")
        return Aggregate(function, path)

    def ordering(self) -> Ordering:
        path = self.ordered_path()
        descending = _DIRECTIONS.get(self.keyword)
        if descending is None:
            if self.token.text == "(" and path.text.lower() in _FUNCTIONS:
                message = (
                    "ftrack orders groups by their keys. query.order_by('count(id) desc') orders them by aggregates."
                )
                raise self.error_at(self.token, message)
            return Ordering(path)
        self.take()
        return Ordering(path, descending)

    def ordered_path(self) -> Path:
        return self.path()

    def amount(self, clause: str) -> int:
        text = self.token.text
        if self.token.kind is not TokenKind.WORD or not _INTEGER.match(text) or text.startswith("-"):
            raise self.unexpected(f"a whole number after '{clause}'")
        return self.integer(self.take())

    # -- criteria -------------------------------------------------------------------------------------------------

    def criterion(self) -> Criterion:
        alternatives: list[Criterion] = []
        operands = [self.operand()]
        while (word := self.keyword) in ("and", "or"):
            self.take()
            if word == "or":
                alternatives.append(conjunction(*operands))
                operands = []
            operands.append(self.operand())
        return disjunction(*alternatives, conjunction(*operands))

    def operand(self) -> Criterion:
        if self.accept("("):
            return self.nested(self.enclosed)
        if self.accept("not"):
            # `not (a is 1)` has the depth of `not a is 1`, because the compiler writes the latter as the former.
            return Not(self.nested(self.enclosed if self.accept("(") else self.operand))
        return self.condition()

    def enclosed(self) -> Criterion:
        """Parse a criterion and the closing parenthesis; the opening one is consumed."""
        criterion = self.criterion()
        self.expect(")", "'and', 'or' or ')'")
        return criterion

    def condition(self) -> Criterion:
        path = self.path("a condition, beginning with an attribute, '(' or 'not'")
        word = self.keyword
        operator = _COMPARATORS.get(word)
        if operator is not None:
            self.take()
            self.refuse_is_not(word)
            return Comparison(path, operator, self.value())
        if word in ("in", "not_in"):
            self.take()
            return Membership(path, self.members(word), negated=word == "not_in")
        if word in ("has", "any"):
            self.take()
            return Related(path, Quantifier(word), self.inner_criterion(word))
        raise self.missing_operator(path)

    def refuse_is_not(self, word: str) -> None:
        """Raise `QueryError` for `is not "x"`, which is a comparison with the word `not` followed by an extra value."""
        has_value = self.lookahead.kind in (TokenKind.WORD, TokenKind.STRING)
        if word == "is" and self.keyword == "not" and has_value and self.lookahead.text.lower() not in _CONTINUATIONS:
            raise self.error_at(self.token, "Expected a value after 'is', found 'not' and more. It is written is_not.")

    def missing_operator(self, path: Path) -> QueryError:
        operators = ", ".join([*(operator.spelling for operator in Operator), "in", "not_in", "has", "any"])
        expected = f"an operator ({operators}) after '{path}'"
        following = self.lookahead.text.lower()
        if self.keyword == "not" and following in ("in", "like"):
            message = f"Expected {expected}, found 'not {following}'. It is written not_{following}."
            return self.error_at(self.token, message)
        return self.unexpected(expected)

    def inner_criterion(self, word: str) -> Criterion | None:
        self.expect("(", f"'(' after '{word}'")
        if self.accept(")"):
            return None
        return self.nested(self.enclosed)

    def members(self, word: str) -> tuple[Scalar, ...] | Select:
        self.expect("(", f"'(' after '{word}'")
        if self.accept(")"):
            return ()
        if self.keyword == "select" and self.lookahead.kind is TokenKind.WORD:
            start = self.token
            subquery = self.nested(self.query)
            if len(subquery.projections) != 1:
                raise self.error_at(start, f"Expected a subquery of one attribute, found {len(subquery.projections)}.")
            self.expect(")", "')'")
            return subquery
        values = self.separated(self.value)
        self.expect(")", "',' or ')'")
        return values

    # -- paths and values -----------------------------------------------------------------------------------------

    def path(self, expected: str = "an attribute") -> Path:
        token = self.token
        if token.kind is not TokenKind.WORD or not _PATH.match(token.text):
            raise self.unexpected(expected)
        self.take()
        if "." not in token.text and "[" not in token.text:
            return Path((Step(token.text),), position=token.position)
        steps = tuple(Step(name, cast or None) for name, cast in _STEP.findall(token.text))
        return Path(steps, position=token.position)

    def value(self) -> Scalar:
        token = self.token
        if token.kind is TokenKind.STRING:
            return self.take().text
        if token.kind is not TokenKind.WORD:
            raise self.unexpected("a value")
        self.take()
        self.after_bare_value = True
        text = token.text
        if _INTEGER.match(text):
            return self.integer(token)
        if _DECIMAL.match(text):
            number = float(text)
            return number if math.isfinite(number) else text
        return _NAMED_VALUES.get(text.lower(), text)

    def integer(self, token: Token) -> int:
        try:
            return int(token.text)
        except ValueError:  # Python limits the digits that it converts to an integer.
            raise self.error_at(token, "Expected a number of reasonable length, found thousands of digits.") from None


class _GroupedQueryParser(_Parser):
    """The rules for a whole query with groups, which are ordered by aggregates too."""

    def ordered_path(self) -> Path:
        position = self.token.position
        if self.keyword not in _FUNCTIONS or self.lookahead.text != "(":
            return self.path()
        aggregate = self.projection()
        assert isinstance(aggregate, Aggregate)
        return attrs.evolve(path_of_aggregate(aggregate), position=position)


class _GroupParser(_GroupedQueryParser):
    """The rules for parts of a query with groups, of which aggregates are values like attributes."""

    def path(self, expected: str = "an attribute") -> Path:
        if self.keyword not in _FUNCTIONS or self.lookahead.text != "(":
            return super().path(expected)
        return self.ordered_path()
