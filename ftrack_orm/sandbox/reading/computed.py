"""Pure: the values and references that ftrack's server computes instead of storing, as SQL expressions.

Each rule rests on a protocol fact or says that it is a guess. An attribute without a rule is refused by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ftrack_orm.errors import SandboxUnsupported
from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables
from ftrack_orm.schema.facts import CONFIGURED_TYPES, CUSTOM_ATTRIBUTE_LINK_CONFIGURATION

if TYPE_CHECKING:  # `from_clause` imports this module
    from .from_clause import EntityAlias

#: The location whose files are on the server. Its id is the same on every server (protocol fact).
SERVER_LOCATION = "3a372bde-05bc-11e4-8908-20c9d081909b"


def expression(entity: EntityAlias, declaring_type: str, name: str) -> sa.ColumnElement[Any]:
    """Return the value of a derived attribute, for one entity of a statement.

    Raises `UnknownAttribute` for an unknown attribute and `SandboxUnsupported` for one without a rule.
    """
    described = entity.tables.schema.type(declaring_type)
    attribute = described.attribute(name)
    if name in ("url", "thumbnail_url"):
        return _component_id(entity, declaring_type, name)
    if name in ("from_entity_type", "to_entity_type"):
        return _end_type(entity, name)
    if name == "key" and "configuration" in described.attributes:
        return entity.reference("configuration").value("key")
    rule = _RULES.get((described.family, name))
    if rule is None:
        raise SandboxUnsupported(
            f"The embedded server does not know how ftrack works out {declaring_type}.{name} ({attribute.kind.value}).",
            entity_type=declaring_type,
            attribute=name,
        )
    return rule(entity)


def reference(
    entity: EntityAlias, declaring_type: str, name: str, rule: str, target: sa.FromClause
) -> sa.ColumnElement[bool]:
    """Return the condition that a row of *target* is the one that a derived reference leads to by *rule*."""
    if rule == "latest_version":
        return target.c.id == _latest_version(entity)
    if rule == "review_session_thumbnail":
        return target.c.id == _review_session_thumbnail(entity)
    if rule == "recipient_user":
        # A recipient may also be a group.
        return sa.and_(
            target.c.id == entity.value("resource_id"), target.c[ENTITY_TYPE].in_(entity.tables.concrete("User"))
        )
    if rule == "setting_of_component":
        return sa.and_(target.c.group == entity.value("group"), target.c.name == entity.value("name"))
    raise SandboxUnsupported(
        f"The embedded server does not know the rule {rule!r} that {declaring_type}.{name} follows.",
        entity_type=declaring_type,
        attribute=name,
    )


def _component_id(entity: EntityAlias, declaring_type: str, name: str) -> sa.ColumnElement[Any]:
    attributes = entity.tables.schema.type(declaring_type).attributes
    if name == "url" and "location_id" in attributes:
        # The server has no URLs of files in other locations.
        is_on_server = entity.value("location_id", declaring_type) == SERVER_LOCATION
        return sa.case((is_on_server, entity.value("component_id", declaring_type)))
    for source in ("thumbnail_id", "component_id") if name == "thumbnail_url" else ("component_id",):
        if source in attributes:
            return entity.value(source, declaring_type)
    raise SandboxUnsupported(
        f"The embedded server does not know which component {declaring_type}.{name} shows.",
        entity_type=declaring_type,
        attribute=name,
    )


def _end_type(entity: EntityAlias, name: str) -> sa.ColumnElement[Any]:
    attribute = "entity_type_to" if name == "to_entity_type" else "entity_type"
    return sa.case(
        CONFIGURED_TYPES,
        value=entity.reference("configuration").value(attribute, CUSTOM_ATTRIBUTE_LINK_CONFIGURATION),
    )


# -- paths from the project down ----------------------------------------------------------------------------------


def _context_path(tables: Tables, context_id: sa.ColumnElement[Any], correlate: sa.FromClause) -> sa.Select[Any]:
    """Select id, name and type of a context and its ancestors; the types can be passed to `session.get`."""
    closure, context = tables.closure.alias(), tables.table("Context").alias()
    type_name = sa.case((context.c[ENTITY_TYPE] == "Project", "Project"), else_="TypedContext")
    return (
        sa.select(context.c.id, context.c.name, type_name.label("type"), (-closure.c.depth).label("position"))
        .select_from(closure.join(context, context.c.id == closure.c.ancestor_id))
        .where(closure.c.descendant_id == context_id)
        .correlate(correlate)
    )


def _json_path(steps: sa.Select[Any] | sa.CompoundSelect[Any], correlate: sa.FromClause) -> sa.ColumnElement[Any]:
    """Return the steps of a path as one JSON list, ordered by position."""
    ordered = steps.order_by("position").subquery()
    step = sa.func.json_object("id", ordered.c.id, "name", ordered.c.name, "type", ordered.c.type)
    collected = sa.select(sa.func.json_group_array(step)).select_from(ordered).correlate(correlate)
    return sa.type_coerce(collected.scalar_subquery(), sa.JSON)


def _context_link(entity: EntityAlias) -> sa.ColumnElement[Any]:
    return _json_path(_context_path(entity.tables, entity.value("id"), entity.table), entity.table)


def _version_link(entity: EntityAlias) -> sa.ColumnElement[Any]:
    """Return the path of a version: its asset's context, then the version, named by asset and number (a guess)."""
    asset = entity.reference("asset")
    above = _context_path(entity.tables, asset.value("context_id"), asset.table)
    name = asset.value("name") + " v" + sa.cast(entity.value("version"), sa.Text)
    itself = sa.select(
        entity.value("id").label("id"),
        name.label("name"),
        sa.literal("AssetVersion").label("type"),
        sa.literal(1).label("position"),
    ).correlate(entity.table, asset.table)
    ordered = sa.union_all(above, itself).subquery()
    return _json_path(sa.select(ordered), entity.table)


#: Ends the link of a group that is below itself.
_MAX_GROUPS_IN_A_LINK = 100


def _group_link(entity: EntityAlias) -> sa.ColumnElement[Any]:
    group = entity.tables.table("Group")
    first, parent = group.alias(), group.alias()
    start = sa.select(first.c.id, first.c.name, first.c.parent_id, sa.literal(0).label("position"))
    path = start.where(first.c.id == entity.value("id")).correlate(entity.table).cte(recursive=True, nesting=True)
    # Groups may be each other's parents: no rule forbids it.
    above = sa.select(parent.c.id, parent.c.name, parent.c.parent_id, path.c.position - 1).where(
        parent.c.id == path.c.parent_id, path.c.position > 1 - _MAX_GROUPS_IN_A_LINK
    )
    path = path.union_all(above)
    return _json_path(
        sa.select(path.c.id, path.c.name, sa.literal("Group").label("type"), path.c.position), entity.table
    )


# -- times, versions, reviews -------------------------------------------------------------------------------------


def _time_logged(entity: EntityAlias) -> sa.ColumnElement[Any]:
    """Return the seconds logged on a context and on its descendants."""
    closure, timelog = entity.tables.closure.alias(), entity.tables.table("Timelog").alias()
    total = (
        sa.select(sa.func.coalesce(sa.func.sum(timelog.c.duration), 0.0))
        .select_from(closure.join(timelog, timelog.c.context_id == closure.c.descendant_id))
        .where(closure.c.ancestor_id == entity.value("id"))
        .correlate(entity.table)
    )
    return sa.type_coerce(total.scalar_subquery(), sa.Float)


def _bid_difference(entity: EntityAlias) -> sa.ColumnElement[Any]:
    return sa.func.coalesce(entity.value("bid", "TypedContext"), 0.0) - _time_logged(entity)


def _latest_version(entity: EntityAlias) -> sa.ColumnElement[Any]:
    version = entity.tables.table("AssetVersion").alias()
    latest = (
        sa.select(version.c.id)
        .where(version.c.asset_id == entity.value("id"))
        .order_by(version.c.version.desc(), version.c.id)
        .limit(1)
        .correlate(entity.table)
    )
    return latest.scalar_subquery()


def _is_latest_version(entity: EntityAlias) -> sa.ColumnElement[Any]:
    newer = entity.tables.table("AssetVersion").alias()
    return ~sa.exists(
        sa.select(sa.literal(1))
        .select_from(newer)
        .where(newer.c.asset_id == entity.value("asset_id"), newer.c.version > entity.value("version"))
        .correlate(entity.table)
    )


def _review_session_thumbnail(entity: EntityAlias) -> sa.ColumnElement[Any]:
    """Return the thumbnail of the first version under review that has one (a guess; that it is derived is a fact)."""
    review_object = entity.tables.table("ReviewSessionObject").alias()
    version = entity.tables.table("AssetVersion").alias()
    first = (
        sa.select(version.c.thumbnail_id)
        .select_from(review_object.join(version, version.c.id == review_object.c.version_id))
        .where(review_object.c.review_session_id == entity.value("id"), version.c.thumbnail_id.is_not(None))
        .order_by(review_object.c.sort_order, review_object.c.id)
        .limit(1)
        .correlate(entity.table)
    )
    return first.scalar_subquery()


def _is_open(entity: EntityAlias) -> sa.ColumnElement[Any]:
    """Return whether a review session can be entered: always, or between its dates; a missing date sets no limit."""
    now, start, end = entity.from_builder.now, entity.value("start_date"), entity.value("end_date")
    within = sa.and_(sa.func.coalesce(start, now) <= now, sa.func.coalesce(end, now) >= now)
    return sa.type_coerce(sa.or_(sa.func.coalesce(entity.value("availability"), "") == "always", within), sa.Boolean)


_RULES = {
    ("Context", "link"): _context_link,
    ("Context", "_link"): _context_link,
    ("AssetVersion", "link"): _version_link,
    ("AssetVersion", "_link"): _version_link,
    ("Resource", "link"): _group_link,
    ("Context", "time_logged"): _time_logged,
    ("Context", "bid_time_logged_difference"): _bid_difference,
    ("AssetVersion", "is_latest_version"): _is_latest_version,
    ("ReviewSession", "thumbnail_id"): _review_session_thumbnail,
    ("ReviewSession", "is_open"): _is_open,
}
