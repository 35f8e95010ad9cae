"""Pure: resource identifiers in parts: those of members lie below that of their container, and no two are equal."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from ftrack_orm.errors import StructureError
from ftrack_orm.storage.identifiers import split_expression

from .base import Structure, entity_type_of

#: The characters of a component's id that distinguish it from another one with the same name.
_DISTINGUISHING_CHARACTERS = 8


@attrs.frozen
class IdentifierParts:
    """The resource identifier of a component in parts: *stem*, for a sequence *expression*, and *file_type*."""

    stem: str
    expression: str = ""
    file_type: str = ""

    @property
    def identifier(self) -> str:
        """The resource identifier."""
        return f"{self.stem}{self.expression}{self.file_type}"

    def distinguished(self, component: Any) -> IdentifierParts:
        """Return the parts with the beginning of the component's id in the name."""
        return attrs.evolve(self, stem=f"{self.stem}_{component.id[:_DISTINGUISHING_CHARACTERS]}")

    def of_frame(self, number: str) -> IdentifierParts:
        """Return the parts for a member of a sequence."""
        parts = split_expression(self.expression)
        if parts is None:
            raise StructureError(f"The identifier {self.identifier!r} of a sequence has no expression for its frames.")
        return IdentifierParts(self.stem, f"{parts[0]}{number}{parts[2]}", self.file_type)


class ComponentStructure(Structure):
    """A structure that gives each component without a container an identifier, and its members identifiers below it.

    Names may become equal when they are made legal, and the server does not require different ones. Components of one
    call that would have the same identifier, also in a file system that ignores case, get a part of their id appended
    to the name, and so does one whose identifier `is_taken` of its context. All but the first of them do, in the order
    of the call.
    """

    @abstractmethod
    def parts_of(self, component: Any, entity_type: str) -> IdentifierParts:
        """Return the identifier of a component without a container. *entity_type* is that of the component."""

    @abstractmethod
    def parts_in(self, container: IdentifierParts, component: Any, entity_type: str) -> IdentifierParts:
        """Return the identifier of a member in a container that is not a sequence."""

    def frame_number(self, component: Any) -> str:
        """Return the text for the number of a member of a sequence, which is its name."""
        return str(component.name)

    def get_resource_identifier(self, component: Any, context: Mapping[str, Any] | None = None) -> str:
        return self.get_resource_identifiers([component], [context])[0]

    def get_resource_identifiers(
        self, components: Sequence[Any], contexts: Sequence[Mapping[str, Any] | None] | None = None
    ) -> list[str]:
        given = contexts if contexts is not None else [None] * len(components)
        assigner = _IdentifierAssigner(self)
        for component, context in zip(components, given, strict=True):
            assigner.is_taken[component.id] = (context or {}).get("is_taken") or _never
        return [assigner.assign(component).identifier for component in components]


class _IdentifierAssigner:
    """Holds the identifiers that one call has assigned so far."""

    def __init__(self, structure: ComponentStructure) -> None:
        self._structure = structure
        self._assigned: dict[str, IdentifierParts] = {}
        self._owners: dict[str, str] = {}
        #: The ids of the components whose containers are being assigned.
        self._under_way: set[str] = set()
        #: By the ids of the components of the call: whether an identifier is in use.
        self.is_taken: dict[str, Callable[[str], object]] = {}

    def assign(self, component: Any) -> IdentifierParts:
        parts = self._assigned.get(component.id)
        if parts is None:
            if component.id in self._under_way:
                raise StructureError(
                    f"{component!r} is a member of itself, through its containers. Correct them first."
                )
            self._under_way.add(component.id)
            parts = self._assigned[component.id] = self._distinguished(component)
        return parts

    def _distinguished(self, component: Any) -> IdentifierParts:
        entity_type = entity_type_of(component)
        container = component.container
        is_frame = container is not None and entity_type_of(container) == "SequenceComponent"
        if is_frame:
            parts = self.assign(container).of_frame(self._structure.frame_number(component))
        elif container is not None:
            parts = self._structure.parts_in(self.assign(container), component, entity_type)
        else:
            parts = self._structure.parts_of(component, entity_type)
        is_taken = self.is_taken.get(component.id, _never)
        if self._is_free(parts, component) and (is_frame or not is_taken(parts.identifier)):
            return parts
        if is_frame:
            raise StructureError(
                f"Two members of {container!r} have the name {component.name!r}. The members of a sequence need"
                " different names, which are the numbers of their frames."
            )
        parts = parts.distinguished(component)
        if not self._is_free(parts, component):
            raise StructureError(
                f"{component!r} has no resource identifier of its own: {parts.identifier!r} is in use."
            )
        return parts

    def _is_free(self, parts: IdentifierParts, component: Any) -> bool:
        return bool(self._owners.setdefault(parts.identifier.casefold(), component.id) == component.id)


def _never(_: str) -> bool:
    return False
