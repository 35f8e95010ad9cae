"""Pure: the expressions that errors about queries recommend. Each can be run as it is, and asks what was meant.

A relation is compared with an entity. A comparison with a text is meant for the name of that entity, one with a number
for its number, so that the advice for `Task.status == "Approved"` is `Task.status.name == 'Approved'`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ftrack_orm.values import spelling_of

from .nodes import Operator, Path, Scalar

if TYPE_CHECKING:
    from .schema_protocol import AttributeInfo, SchemaInfo

#: The attributes that people call an entity by, the usual one first.
_NAMES: Final = ("name", "username", "key", "label", "content")
#: The attributes that people call an entity by when they write a number.
_NUMBERS: Final = ("version",)
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

#: The operators that Python writes between its operands; the others are methods.
_PYTHON_OPERATORS: Final = {
    Operator.IS: "==",
    Operator.IS_NOT: "!=",
    Operator.LESS: "<",
    Operator.LESS_OR_EQUAL: "<=",
    Operator.GREATER: ">",
    Operator.GREATER_OR_EQUAL: ">=",
}
_NEGATIVE: Final = (Operator.IS_NOT, Operator.NOT_LIKE)

#: Methods of expressions in other libraries, and what they are here. ftrack compares texts without regard to case.
_METHODS: Final = {
    "between": "Use ({0} >= first) & ({0} <= last).",
    "icontains": "Use {0}.contains(text).",
    "iendswith": "Use {0}.endswith(text).",
    "ilike": "Use {0}.like(pattern).",
    "is_none": "Use {0}.is_(None).",
    "is_null": "Use {0}.is_(None).",
    "isnot": "Use {0}.is_not(value).",
    "isnull": "Use {0}.is_(None).",
    "istartswith": "Use {0}.startswith(text).",
    "lower": "Use {0} == text; texts are compared without regard to case.",
    "notin_": "Use {0}.not_in(values).",
    "notlike": "Use {0}.not_like(pattern).",
    "one_of": "Use {0}.in_(values).",
    "upper": "Use {0} == text; texts are compared without regard to case.",
}


def python_path(entity_type: str | None, path: Path) -> str:
    """Return a path as Python code writes it, on the class of *entity_type*: `TypedContextLink.from_.name`."""
    steps = [spelling_of(step.name) + (f"[{step.cast}]" if step.cast else "") for step in path.steps]
    return ".".join(steps if entity_type is None else [entity_type, *steps])


def key_advice(entity_type: str, path: Path, key: str) -> str:
    """Return the advice for a key of a mapped collection at *path* that was written as an attribute."""
    return f"A key is written in brackets: {python_path(entity_type, path)}[{key!r}]."


def key_advice_in_text(path: Path, attribute: AttributeInfo, key: str) -> str:
    """Return the same advice for the text of a query."""
    return f'A key is compared: {path} any ({attribute.key_name} is "{key}" and {attribute.value_name} is ...).'


def method_advice(subject: str, name: str) -> str:
    """Return the advice for the method *name* of other libraries, as a sentence after a space, or an empty text."""
    advice = _METHODS.get(name)
    return "" if advice is None else f" {advice.format(subject)}"


def naming_attribute(entity_type: str, schema: SchemaInfo, values: Sequence[Scalar] = ("",)) -> str | None:
    """Return the attribute of a type that *values* are likely to be meant for, or None if there is no such attribute.

    Texts that look like ids are meant for the id. Where the type itself has no name, those of its subtypes decide:
    resources are called by the names of users.
    """
    if any(isinstance(value, bool) for value in values):
        return None
    own = schema.type(entity_type).attributes
    wanted: tuple[str, ...]
    if all(isinstance(value, str) for value in values):
        if values and all(_ID.fullmatch(str(value)) for value in values):
            return "id" if "id" in own else None
        wanted = _NAMES
    elif all(isinstance(value, (int, float)) for value in values):
        wanted = _NUMBERS
    else:
        return None
    found = next((name for name in wanted if name in own), None)
    if found is not None:
        return found
    inherited = [schema.type(subtype).attributes for subtype in schema.concrete(entity_type)]
    if any("username" in attributes for attributes in inherited) and wanted is _NAMES:
        return "username"
    return next((name for name in wanted if any(name in attributes for attributes in inherited)), None)


def comparison(subject: str, operator: Operator, values: Sequence[Scalar], negated: bool | None = None) -> str:
    """Return the Python expression that compares *subject*. *negated* is None unless it is a test of membership."""
    if negated is not None:
        return f"{subject}.{'not_in' if negated else 'in_'}({list(values)!r})"
    spelling = _PYTHON_OPERATORS.get(operator)
    return f"{subject}.{operator.value}({values[0]!r})" if spelling is None else f"{subject} {spelling} {values[0]!r}"


def relation_advice(
    label: str,
    target: str,
    schema: SchemaInfo | None,
    operator: Operator,
    values: Sequence[Scalar],
    negated: bool | None = None,
) -> str:
    """Return the advice for a relation to one *target* that was compared with values: a clause without a full stop."""
    article = "an" if target.startswith(tuple("AEIO")) else "a"
    entity = f"compare it with {article} {target} entity or None"
    name = None if schema is None else naming_attribute(target, schema, values)
    if name is None:
        return f"{entity}, or compare one of its attributes"
    return f"{entity}, or compare its {name}: {comparison(f'{label}.{spelling_of(name)}', operator, values, negated)}"


def collection_advice(
    label: str,
    target: str,
    schema: SchemaInfo | None,
    operator: Operator,
    values: Sequence[Scalar],
    negated: bool | None = None,
) -> str:
    """Return the advice for a collection of *target* entities that was compared with values."""
    # `!=` and `not_in` of a collection mean that it has no such item.
    sign = "~" if negated or (negated is None and operator in _NEGATIVE) else ""
    if negated is None and values[0] is None:
        return f"use {label}.any()" if sign else f"use ~{label}.any() for an empty one"
    name = None if schema is None else naming_attribute(target, schema, values)
    if name is None:
        return f"use {label}.any(...) for a condition on its items, or ~{label}.any() for an empty one"
    if negated is None and operator in (Operator.IS, Operator.IS_NOT):
        condition = f"{name}={values[0]!r}"
    elif negated is None:
        positive = Operator.LIKE if operator is Operator.NOT_LIKE else operator
        condition = comparison(f'attr("{name}")', positive, values)
    else:
        condition = comparison(f'attr("{name}")', operator, values, False)
    return f"use {sign}{label}.any({condition})"
