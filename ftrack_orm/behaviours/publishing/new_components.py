"""State: the entities of new components: of single files, of file sequences, and of containers with several of them."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Union, cast

import attrs

from ftrack_orm.behaviours.locations.topics import FILE_TYPE_TOPIC
from ftrack_orm.entities.entity import Entity
from ftrack_orm.errors import InvalidValue, ResourceNotFound, quoted
from ftrack_orm.storage.names import normalized
from ftrack_orm.storage.sequences import FileSequence, SingleFile, sequence_at

if TYPE_CHECKING:
    from ftrack_orm.behaviours.services import Services

logger = logging.getLogger("ftrack_orm.storage")

#: The file or files of a new component: a path, a sequence (`/path/plate.%04d.exr [1-5, 8]`), bytes or a stream; or
#: several of these, which become the members of a container, with names if they are given as a mapping.
ComponentFiles = Union[
    str, "os.PathLike[str]", SingleFile, FileSequence, bytes, BinaryIO, Sequence[Any], Mapping[str, Any]
]
_BYTES = (bytes, bytearray, memoryview)


@attrs.define
class NewComponent:
    """A new component, and the sources of the files of it and its members; None for those without a file."""

    entity: Entity
    sources: dict[Entity, Any] = attrs.field(factory=dict)


def new_component(
    services: Services, files: ComponentFiles, data: Mapping[str, Any], *, requires_files: bool
) -> NewComponent:
    """Return a new component with its members, recorded in the current unit of work.

    *requires_files* raises `ResourceNotFound` for a file that does not exist; otherwise its size is 0.
    """
    values = dict(data)
    if isinstance(files, Mapping):
        named = [(str(name), item) for name, item in files.items()]
        return _container(services, named, values, requires_files=requires_files)
    if isinstance(files, (list, tuple)):
        return _container(services, [(None, item) for item in files], values, requires_files=requires_files)
    if isinstance(files, FileSequence):
        return _sequence(services, files, values, requires_files=requires_files)
    if isinstance(files, SingleFile):
        files = files.path
    if isinstance(files, (str, os.PathLike)):
        sequence = sequence_at(files)
        if sequence is not None:
            return _sequence(services, sequence, values, requires_files=requires_files)
    elif isinstance(files, _BYTES):
        files = bytes(files)
    elif not hasattr(files, "read"):
        raise InvalidValue(
            "The file of a component is a path, bytes, a binary stream, or a list of these, not " + quoted(files) + "."
        )
    return _file(services, files, values, requires_files=requires_files)


def _file(services: Services, source: Any, values: dict[str, Any], *, requires_files: bool) -> NewComponent:
    if isinstance(source, (str, os.PathLike)):
        source = os.path.abspath(source)
    size = values.get("size")
    if size is None or requires_files:
        present = _size_of(source, requires_files=requires_files)
        values["size"] = present if size is None else size
    name = source if isinstance(source, str) else getattr(source, "name", "")
    if "file_type" not in values:
        values["file_type"] = file_type_of(services, name) if isinstance(name, str) else ""
    entity = services.create("FileComponent", values)
    return NewComponent(entity, {entity: source})


def _sequence(
    services: Services, sequence: FileSequence, values: dict[str, Any], *, requires_files: bool
) -> NewComponent:
    members = [(number, os.path.abspath(path)) for number, path in sequence.members()]
    total = values.get("size")
    if total is not None and not requires_files:
        # As the official client does for files that are not here.
        sizes = [round(total / len(members))] * len(members)
    else:
        sizes = [_size_of(path, requires_files=requires_files) for _, path in members]
    file_type = values.get("file_type")
    if file_type is None:
        file_type = file_type_of(services, sequence.path)
    values = {"padding": sequence.padding, "size": sum(sizes), **values, "file_type": file_type}
    entity = services.create("SequenceComponent", values)
    created = NewComponent(entity, {entity: os.path.abspath(sequence.path)})
    for (number, path), size in zip(members, sizes, strict=True):
        member = services.create(
            "FileComponent", {"name": number, "container": entity, "size": size, "file_type": file_type}
        )
        created.sources[member] = path
    return created


def _container(
    services: Services,
    items: Iterable[tuple[str | None, Any]],
    values: dict[str, Any],
    *,
    requires_files: bool,
) -> NewComponent:
    entity = services.create("ContainerComponent", values)
    created = NewComponent(entity, {entity: None})
    for name, item in items:
        data = {"name": name or _default_name(item), "container": entity}
        member = new_component(services, item, data, requires_files=requires_files)
        created.sources.update(member.sources)
    if values.get("size") is None:
        entity["size"] = sum(member["size"] or 0 for member in entity["members"])
    return created


def _default_name(item: Any) -> str:
    """Return the name of a member of a container that is given without one."""
    if isinstance(item, (str, os.PathLike)):
        item = sequence_at(item) or SingleFile(os.fspath(item))
    if isinstance(item, (SingleFile, FileSequence)):
        return normalized(item.name)
    raise InvalidValue(f"A member of a container needs a name: {{name: {type(item).__name__}, ...}}.")


def _size_of(source: Any, *, requires_files: bool) -> int:
    if isinstance(source, bytes):
        return len(source)
    if isinstance(source, str):
        try:
            return os.stat(source).st_size
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            if not requires_files:
                logger.warning("A component has the size 0: its file %s cannot be read: %s", quoted(source), reason)
                return 0
            raise ResourceNotFound(
                f"The file {quoted(source)} of a component cannot be read: {reason}.",
                path=source,
            ) from error
    stream = cast("BinaryIO", source)
    if not stream.seekable():
        raise InvalidValue("A component's stream must be seekable, or its size has to be given in the attributes.")
    position = stream.tell()
    end = stream.seek(0, io.SEEK_END)
    stream.seek(position)
    return end - position


def file_type_of(services: Services, path: str) -> str:
    """Return the file type of a path with its dot, as a plugin states it, or else the end of the name."""
    results = services.publish_locally(FILE_TYPE_TOPIC, {"file_path": path})
    stated = next((result for result in results if isinstance(result, str) and result), None)
    return stated or os.path.splitext(path)[1]
