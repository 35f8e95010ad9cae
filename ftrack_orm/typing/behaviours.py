"""Pure: the behaviours of a studio's classes as type checkers see them: methods return entities of the studio's types.

A behaviour itself returns `Entity`, since it does not know the schema. The parameters are those of the behaviour, which
a test compares. The classes are for annotations: nothing creates their instances.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from ftrack_orm.behaviours.assignments import Assignable
from ftrack_orm.behaviours.component_files import Pictured, PublishedVersion
from ftrack_orm.behaviours.notes import Annotatable, Repliable
from ftrack_orm.behaviours.project_schemas import Workflow
from ftrack_orm.behaviours.project_vocabulary import Names, ProjectVocabulary
from ftrack_orm.behaviours.timers import TimeTracking
from ftrack_orm.behaviours.versions import Versioned
from ftrack_orm.behaviours.vocabulary import WithVocabulary
from ftrack_orm.entities.entity import Entity

if TYPE_CHECKING:
    import os

    from ftrack_orm.behaviours.publishing.component_creation import LocationChoice
    from ftrack_orm.behaviours.publishing.new_components import ComponentFiles
    from ftrack_orm.storage.progress import ProgressOption
    from ftrack_orm.transport.cancellation import Cancellation

E = TypeVar("E", bound=Entity)
F = TypeVar("F", bound=Entity)
K = TypeVar("K")
# The entities of a vocabulary, and their names.
S = TypeVar("S", bound=Entity)
SN = TypeVar("SN")
T = TypeVar("T", bound=Entity)
TN = TypeVar("TN")
OT = TypeVar("OT", bound=Entity)
OTN = TypeVar("OTN")
P = TypeVar("P", bound=Entity)
PN = TypeVar("PN")


class TypedAssignable(Assignable, Generic[E]):
    """Contexts, to which users and groups are assigned."""

    if TYPE_CHECKING:

        def assign(self, *resources: Entity) -> list[E]: ...  # type: ignore[override]
        def unassign(self, *resources: Entity) -> list[E]: ...  # type: ignore[override]


class TypedAnnotatable(Annotatable, Generic[E]):
    """Entities with notes."""

    if TYPE_CHECKING:

        def create_note(
            self,
            content: str,
            author: Entity | None = None,
            recipients: Iterable[Entity] | None = None,
            category: Entity | None = None,
            labels: Iterable[Entity] | None = None,
            **attributes: Any,
        ) -> E: ...


class TypedRepliable(Repliable, Generic[E]):
    """Notes."""

    if TYPE_CHECKING:

        def create_reply(self, content: str, author: Entity | None = None, **attributes: Any) -> E: ...


class TypedPictured(Pictured, Generic[E]):
    """Entities with a thumbnail."""

    if TYPE_CHECKING:

        def create_thumbnail(
            self, path: ComponentFiles, data: Mapping[str, Any] | None = None, **options: Any
        ) -> E: ...


class TypedPublishedVersion(PublishedVersion, Generic[E, F]):
    """Versions, with the types of components and of jobs."""

    if TYPE_CHECKING:

        def create_component(
            self,
            path: ComponentFiles,
            data: Mapping[str, Any] | None = None,
            location: LocationChoice = None,
            *,
            progress: ProgressOption = None,
            cancellation: Cancellation | None = None,
            state_file: str | os.PathLike[str] | None = None,
        ) -> E: ...
        def encode_media(self, media: Any, keep_original: bool | str = "auto", **options: Any) -> F: ...


class TypedVersioned(Versioned, Generic[E]):
    """Assets."""

    if TYPE_CHECKING:

        @property
        def latest_version(self) -> E | None: ...
        def next_version(self, data: Mapping[str, Any] | None = None, /, **attributes: Any) -> E: ...


class TypedTimeTracking(TimeTracking, Generic[E, F]):
    """Users, with the types of timers and of time logs."""

    if TYPE_CHECKING:

        def start_timer(
            self, context: Entity | None = None, comment: str = "", name: str | None = None, force: bool = False
        ) -> E: ...
        def stop_timer(self) -> F: ...


class TypedWorkflow(Workflow, Generic[E, F]):
    """Project schemas, with the types of statuses and of types."""

    if TYPE_CHECKING:

        def get_statuses(  # type: ignore[override]
            self, schema: type[Entity] | str, type_id: Entity | str | None = None
        ) -> list[E]: ...
        def get_types(self, schema: type[Entity] | str) -> list[F]: ...  # type: ignore[override]


class TypedNames(Names[E], Generic[K, E]):
    """Entities of one type by name."""

    if TYPE_CHECKING:

        def __getitem__(self, name: K) -> E: ...  # type: ignore[override]
        def get(self, name: K, default: Any = None) -> E | Any: ...  # type: ignore[override]


class TypedVocabulary(ProjectVocabulary[S, T, OT, P], Generic[SN, S, TN, T, OTN, OT, PN, P]):
    """The statuses, types, object types and priorities of a project by name."""

    if TYPE_CHECKING:
        statuses: TypedNames[SN, S]
        types: TypedNames[TN, T]
        object_types: TypedNames[OTN, OT]
        priorities: TypedNames[PN, P]


class TypedWithVocabulary(WithVocabulary, Generic[SN, S, TN, T, OTN, OT, PN, P]):
    """Projects, with the names and the types of statuses, types, object types and priorities."""

    if TYPE_CHECKING:

        @property
        def vocabulary(self) -> TypedVocabulary[SN, S, TN, T, OTN, OT, PN, P]: ...  # type: ignore[override]


#: Stands for the names of the entities of a type, in place of the type.
NAMES_OF: Final = "names of "

#: Behaviour -> its class above, and the entity types that its methods return.
TYPED_BEHAVIOURS: Final[Mapping[type, tuple[type, tuple[str, ...]]]] = {
    Assignable: (TypedAssignable, ("Appointment",)),
    Annotatable: (TypedAnnotatable, ("Note",)),
    Repliable: (TypedRepliable, ("Note",)),
    Pictured: (TypedPictured, ("Component",)),
    PublishedVersion: (TypedPublishedVersion, ("Component", "Job")),
    Versioned: (TypedVersioned, ("AssetVersion",)),
    TimeTracking: (TypedTimeTracking, ("Timer", "Timelog")),
    Workflow: (TypedWorkflow, ("Status", "Type")),
    WithVocabulary: (
        TypedWithVocabulary,
        tuple(part + name for name in ("Status", "Type", "ObjectType", "Priority") for part in (NAMES_OF, "")),
    ),
}
