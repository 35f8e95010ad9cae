"""A workspace with the schema of the embedded server and without a server, for tests that make no request."""

from __future__ import annotations

from typing import Any, NoReturn

from ftrack_orm.entities.classes import Classes
from ftrack_orm.entities.custom_attributes.configurations import Configurations
from ftrack_orm.entities.reading.loading import Loader
from ftrack_orm.entities.workspace import Workspace
from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.model import Schema
from ftrack_orm.values import FetchMode


def offline_workspace(recent_size: int = 100) -> Workspace:
    classes = Classes(Schema.from_response(datamodel.load().schemas))
    return Workspace(
        lambda: classes,
        fetch=FetchMode.NEVER,
        recent_size=recent_size,
        make_loader=lambda workspace: Loader(workspace, _refuse),
        make_configurations=lambda workspace: Configurations(workspace, _refuse),
        renew_schema=_refuse,
    )


def _refuse(*_: Any) -> NoReturn:
    raise AssertionError("an offline workspace makes no request")
