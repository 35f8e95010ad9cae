"""State: the addresses of entities in ftrack's web interface, as far as loaded values determine them.

Makes no request. The form of the addresses is that of ftrack's own integrations: the entity is shown in a panel that
slides over the project, or over the home page where the project is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ftrack_orm.schema.facts import ASSET, ASSET_VERSION, COMPONENT, CONTEXT, LINK, PROJECT

if TYPE_CHECKING:
    from .entity import Entity

#: The words of the web interface for the entities that have a page, and the view of the project that is shown below.
_CONTEXT_PAGE: Final = ("task", "tasks")
_PROJECT_PAGE: Final = ("show", "tasks")
_VERSION_PAGE: Final = ("assetversion", "versions_v1")

#: Family -> the relation to the entity whose project an entity belongs to, if it has no project of its own.
_CONTAINERS: Final = {ASSET: "parent", ASSET_VERSION: "asset", COMPONENT: "version"}


def web_address(entity: Entity, server_url: str) -> str | None:
    """Return the address of the page that shows *entity*, None for an entity that is shown on no page of its own.

    A component is shown on the page of its version, an asset and a note on that of the entity they belong to.
    """
    page = _page_of(entity)
    if page is None:
        return None
    (kind, view), id_, project_id = page
    target = f"slideEntityId={quote(id_, safe='')}&slideEntityType={kind}"
    below = f"view={view}&itemId=projects&entityId={quote(project_id, safe='')}&entityType=show" if project_id else None
    return f"{server_url.rstrip('/')}/#{target}&{below or 'itemId=home'}"


def _page_of(entity: Entity) -> tuple[tuple[str, str], str, str | None] | None:
    """Return the page that shows *entity*: its kind, the id of the entity it is about, and that of its project."""
    family, id_ = entity.__schema__.family, entity._ftrack_state.key[0]
    if entity.__entity_type__ == PROJECT:
        return _PROJECT_PAGE, id_, id_
    if family == CONTEXT:
        return _CONTEXT_PAGE, id_, _project_id(entity)
    if family == ASSET_VERSION:
        return _VERSION_PAGE, id_, _project_id(entity)
    if family == COMPONENT:
        return _page_at(entity, ASSET_VERSION, _loaded(entity, "version_id"))
    if family == ASSET:
        return _page_at(entity, CONTEXT, _loaded(entity, "context_id"))
    if "parent_type" in entity.__schema__.attributes:
        return _page_at(entity, _loaded(entity, "parent_type"), _loaded(entity, "parent_id"))
    return None


def _page_at(entity: Entity, kind: Any, id_: Any) -> tuple[tuple[str, str], str, str | None] | None:
    """Return the page of the entity of a type that *entity* belongs to, which may be not in memory."""
    schema = entity._ftrack_state.workspace.schema
    if not isinstance(id_, str) or kind not in schema.types:
        return None
    container = entity._ftrack_state.workspace.lookup(kind, (id_,))
    if container is not None:
        return _page_of(container)
    project_id = _project_id(entity)
    if kind == ASSET_VERSION:
        return _VERSION_PAGE, id_, project_id
    if schema.type(kind).family == CONTEXT:
        return (_PROJECT_PAGE if kind == PROJECT or id_ == project_id else _CONTEXT_PAGE), id_, project_id
    return None


def _project_id(entity: Entity) -> str | None:
    """Return the id of the project that *entity* belongs to, as far as loaded values show it."""
    if entity.__entity_type__ == PROJECT:
        return entity._ftrack_state.key[0]
    project_id, link = _loaded(entity, "project_id"), _loaded(entity, LINK)
    if isinstance(project_id, str):
        return project_id
    if isinstance(link, list) and link and isinstance(link[0], dict) and link[0].get("type") == PROJECT:
        return str(link[0].get("id"))
    relation = _CONTAINERS.get(entity.__schema__.family, "")
    key = _loaded(entity, entity.__schema__.reference_keys.get(relation, ""))
    if not isinstance(key, str):
        return None
    target = str(entity.__schema__.attributes[relation].target)
    container = entity._ftrack_state.workspace.lookup(target, (key,))
    return None if container is None else _project_id(container)


def _loaded(entity: Entity, name: str) -> Any:
    """Return the value of a scalar, None if it is not loaded."""
    return entity.__dict__.get(name)
