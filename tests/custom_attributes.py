"""Creates configurations of custom attributes for the project of a test."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ftrack_orm import Session
from tests.production import Production

#: Creates a configuration as `create_configuration` does and returns its key.
Configure = Callable[..., str]


def create_configuration(
    session: Session,
    production: Production,
    key: str,
    kind: str,
    default: Any = None,
    config: dict[str, Any] | None = None,
    object_type: str | None = "Task",
    **attributes: Any,
) -> str:
    """Create and commit a configuration for the project of *production*; return its key, which starts with *key*."""
    type_ = session.query("CustomAttributeType").where(f'name is "{kind}"').one()
    entity_type = attributes.pop("entity_type", "task" if object_type else "show")
    object_type_id = None
    if object_type is not None:
        object_type_id = session.query("ObjectType").where(name=object_type).one().id
    configuration = session.create(
        "CustomAttributeConfiguration",
        {
            "key": f"{key}_{production.name}",
            "label": key,
            "entity_type": entity_type,
            "object_type_id": object_type_id,
            "project_id": production.project,
            "type": type_,
            "default": default,
            "config": json.dumps(config or {}),
            **attributes,
        },
    )
    session.commit()
    return str(configuration.key)
