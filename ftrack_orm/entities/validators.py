"""Pure: validators, the methods of behaviours that check an entity before it is committed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar, overload

import attrs

from ftrack_orm.errors import UsageError

from .entity import Entity

_F = TypeVar("_F", bound=Callable[..., Any])

#: The attribute of a function that marks it as a validator and holds the names whose changes it checks.
_MARK: Final = "__ftrack_validates__"


@attrs.frozen
class Validator:
    """A method of a behaviour that checks an entity; for a modified one, only if one of *attributes* has changed.

    Without *attributes* it runs for every change.
    """

    name: str
    attributes: frozenset[str]

    def applies_to(self, changed: Iterable[str]) -> bool:
        """Whether it runs for a modified entity with these *changed* attributes."""
        return not self.attributes or not self.attributes.isdisjoint(changed)


@overload
def validator(function: _F, /) -> _F: ...
@overload
def validator(*attributes: str) -> Callable[[_F], _F]: ...
def validator(*arguments: Any) -> Any:
    """Mark a method of a behaviour as a validator: it runs before a commit sends the entity.

    As `@validator` it runs for every new or modified entity. As `@validator("status", "name")` it runs for new entities
    and for those of which one of these attributes has changed; a reference and its key are one change.

    The method raises `ValueError`, or an error derived from it such as `InvalidValue`, with a sentence for users. All
    failures of a commit are raised as one `ValidationFailed`, and nothing is sent.
    """
    if len(arguments) == 1 and callable(arguments[0]):
        setattr(arguments[0], _MARK, frozenset())
        return arguments[0]
    if not arguments or not all(isinstance(each, str) for each in arguments):
        raise UsageError('Validators are marked by @validator or @validator("name", ...), with names of attributes.')

    def decorate(function: _F) -> _F:
        setattr(function, _MARK, frozenset(arguments))
        return function

    return decorate


def validators_in(mro: Sequence[type]) -> list[Validator]:
    """Return the validators of the behaviours in *mro*. A method that overrides a validator replaces it."""
    found: dict[str, Validator | None] = {}
    for name, value in _members(mro):
        attributes = getattr(value, _MARK, None) if callable(value) else None
        found.setdefault(name, None if attributes is None else Validator(name, attributes))
    return [each for each in found.values() if each is not None]


def _members(mro: Sequence[type]) -> Iterator[tuple[str, Any]]:
    return ((n, value) for cls in mro if not issubclass(cls, Entity) for n, value in tuple(vars(cls).items()))
