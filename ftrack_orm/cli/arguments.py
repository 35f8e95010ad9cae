"""Edge: arguments that several commands have: the name of an entity type, completed from the cached schema."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from ftrack_orm.errors import SettingsError

if TYPE_CHECKING:
    from ftrack_orm.schema.model import Schema
    from ftrack_orm.typing.content import SchemaContent


class EntityTypeName(click.types.StringParamType):
    """The name of an entity type. A shell completes it from the cached schema of the server, without a request."""

    name = "type"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the entity types whose names start with the incomplete one, in any case."""
        start = incomplete.lower()
        return [CompletionItem(name) for name in sorted(cached_types()) if name.lower().startswith(start)]


def cached_types() -> list[str]:
    """Return the names of entity types in the cached schema of the server; none without a cache."""
    from ftrack_orm.schema.cache import SchemaCache
    from ftrack_orm.settings import Settings

    try:
        settings = Settings.resolve()
        loaded = SchemaCache(settings.schema_cache_path).load(settings.server_url)
    except Exception:  # Completion must not disturb the line that is being written.
        return []
    return [] if loaded is None else list(loaded[0])


def read_schema_file(path: str) -> Schema:
    """Return the schema of a file that `read_schema_content` reads."""
    return read_schema_content(path).schema


def read_schema_content(path: str) -> SchemaContent:
    """Return the content of a file: the output of `schema dump`, or the `schema.json` of a generated package.

    A folder stands for the package in it. Raises `SettingsError` for a file with other content, and `OSError` for one
    that cannot be read.
    """
    from ftrack_orm.errors import ProtocolError
    from ftrack_orm.typing.content import SchemaContent

    file = Path(os.path.expanduser(path))
    try:
        return SchemaContent.from_json(json.loads((file / "schema.json" if file.is_dir() else file).read_bytes()))
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"The schema file {path} is not JSON: {error}") from None
    except ProtocolError as error:
        raise SettingsError(f"The schema file {path} has no schema: {error.message}") from None
