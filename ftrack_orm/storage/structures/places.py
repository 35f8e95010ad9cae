"""Pure: places of components: members lie in the place of their container, and no two components in the same."""

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
class Place:
    """The resource identifier of a component in parts: *stem*, for a sequence *expression*, and *file_type*."""

    stem: str
    expression: str = ""
    file_type: str = ""

    @property
    def identifier(self) -> str:
        """The resource identifier."""
        return f"{self.stem}{self.expression}{self.file_type}"

    def distinguished(self, component: Any) -> Place:
        """Return the place with a part of the component's id in the name."""
        return attrs.evolve(self, stem=f"{self.stem}_{component.id[:_DISTINGUISHING_CHARACTERS]}")

    def of_frame(self, number: str) -> Place:
        """Return the place of a member of a sequence."""
        parts = split_expression(self.expression)
        if parts is None:
            raise StructureError(f"The place {self.identifier!r} of a sequence has no expression for its frames.")
        return Place(self.stem, f"{parts[0]}{number}{parts[2]}", self.file_type)


class ComponentStructure(Structure):
    """A structure that gives each component without a container a place, and its members places in that one.

    Names may become equal when they are made legal, and the server does not require different ones. Components of one
    call that would have the same identifier, also in a file system that ignores case, get a part of their id appended
    to the name, and so does one whose identifier `is_taken` of its context. All but the first of them do, in the order
    of the call.
    """

    @abstractmethod
    def place_of(self, component: Any, entity_type: str) -> Place:
        """Return the place of a component without a container. *entity_type* is that of the component."""

    @abstractmethod
    def place_in(self, container: Place, component: Any, entity_type: str) -> Place:
        """Return the place of a member in a container that is no sequence."""

    def frame_number(self, component: Any) -> str:
        """Return the text for the number of a member of a sequence, which is its name."""
        return str(component.name)

    def get_resource_identifier(self, component: Any, context: Mapping[str, Any] | None = None) -> str:
        return self.get_resource_identifiers([component], [context])[0]

    def get_resource_identifiers(
        self, components: Sequence[Any], contexts: Sequence[Mapping[str, Any] | None] | None = None
    ) -> list[str]:
        given = contexts if contexts is not None else [None] * len(components)
        placing = _Placing(self)
        for component, context in zip(components, given, strict=True):
            placing.is_taken[component.id] = (context or {}).get("is_taken") or _never
        return [placing.place(component).identifier for component in components]


class _Placing:
    """The places that one call has given so far."""

    def __init__(self, structure: ComponentStructure) -> None:
        self._structure = structure
        self._places: dict[str, Place] = {}
        self._owners: dict[str, str] = {}
        #: The ids of the components whose containers are being placed.
        self._under_way: set[str] = set()
        #: By the ids of the components of the call: whether an identifier is in use.
        self.is_taken: dict[str, Callable[[str], object]] = {}

    def place(self, component: Any) -> Place:
        place = self._places.get(component.id)
        if place is None:
            if component.id in self._under_way:
                raise StructureError(
                    f"{component!r} is a member of itself, through its containers. Correct them first."
                )
            self._under_way.add(component.id)
            place = self._places[component.id] = self._distinguished(component)
        return place

    def _distinguished(self, component: Any) -> Place:
        entity_type = entity_type_of(component)
        container = component.container
        is_frame = container is not None and entity_type_of(container) == "SequenceComponent"
        if is_frame:
            place = self.place(container).of_frame(self._structure.frame_number(component))
        elif container is not None:
            place = self._structure.place_in(self.place(container), component, entity_type)
        else:
            place = self._structure.place_of(component, entity_type)
        is_taken = self.is_taken.get(component.id, _never)
        if self._is_free(place, component) and (is_frame or not is_taken(place.identifier)):
            return place
        if is_frame:
            raise StructureError(
                f"Two members of {container!r} have the name {component.name!r}. The members of a sequence need"
                " different names, which are the numbers of their frames."
            )
        place = place.distinguished(component)
        if not self._is_free(place, component):
            raise StructureError(
                f"{component!r} has no resource identifier of its own: {place.identifier!r} is in use."
            )
        return place

    def _is_free(self, place: Place, component: Any) -> bool:
        return bool(self._owners.setdefault(place.identifier.casefold(), component.id) == component.id)


def _never(_: str) -> bool:
    return False
