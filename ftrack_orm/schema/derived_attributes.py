"""Pure: the values that the server derives from other entities, and the changes that affect them, as data.

The schema marks some attributes as computed, but states neither the entities nor the attributes that they are computed
from. A computed attribute without a row here depends on everything.
"""

from __future__ import annotations

import enum
import functools
from typing import Final

import attrs

from .facts import (
    ANCESTORS,
    ASSET,
    ASSET_VERSION,
    COMPONENT,
    CONTEXT,
    CUSTOM_ATTRIBUTE_CONFIGURATION,
    CUSTOM_ATTRIBUTES,
    CUSTOM_CONFIGURATION_BASE,
    DESCENDANTS,
    IS_LATEST_VERSION,
    PATH_ATTRIBUTES,
    RESOURCE,
)


class Action(enum.Enum):
    """The kinds of change to an entity."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


class Reach(enum.Enum):
    """The entities on which a change affects a derived value, seen from the changed entity."""

    ITSELF = "itself"
    OWNER = "owner"  # the entities that the foreign key `Derivation.key` refers to, before and after the change
    ABOVE = "above"  # the contexts that contain it, up to the project
    BELOW = "below"  # itself and the contexts that it contains
    SIBLINGS = "siblings"  # all with the same value of the foreign key `Derivation.key`, before or after the change
    ALL = "all"  # every entity of the family


CREATED_OR_DELETED: Final = frozenset({Action.CREATED, Action.DELETED})
_NEVER: Final[frozenset[Action]] = frozenset()


@attrs.frozen(kw_only=True)
class Derivation:
    """The values *names* of entities of *family* depend on entities of the type *source*.

    They may change when one of the attributes *attributes* of such an entity changes (None for any of them), and with
    the actions *actions*. *reach* says on which entities of *family*; an empty *family* stands for each that has the
    attributes.
    """

    family: str
    names: frozenset[str]
    source: str
    attributes: frozenset[str] | None = frozenset()
    actions: frozenset[Action] = _NEVER
    reach: Reach
    key: str = ""


def _derivation(
    family: str,
    names: str,
    source: str,
    attributes: str | None,
    reach: Reach,
    *,
    actions: frozenset[Action] = _NEVER,
    key: str = "",
) -> Derivation:
    return Derivation(
        family=family,
        names=frozenset(names.split()),
        source=source,
        attributes=None if attributes is None else frozenset(attributes.split()),
        actions=actions,
        reach=reach,
        key=key,
    )


_PATHS: Final = " ".join(sorted(PATH_ATTRIBUTES))
_LOGGED: Final = "time_logged bid_time_logged_difference"
_SESSION_THUMBNAIL: Final = "thumbnail thumbnail_id thumbnail_url"
_PROJECT: Final = "project project_id"
_CREATED: Final = frozenset({Action.CREATED})
_DELETED: Final = frozenset({Action.DELETED})

#: Sources: PROTOCOL 5.1 (links), 5.3 (trees), 6 (custom attributes), 8.1 (notes); the rest follows from the meaning of
#: the attributes. Where the server's exact rule is not known, more triggers are stated rather than fewer.
DERIVATIONS: Final = (
    # paths
    _derivation(CONTEXT, _PATHS, CONTEXT, "name parent_id", Reach.BELOW),
    _derivation(ASSET_VERSION, _PATHS, CONTEXT, "name parent_id", Reach.ALL),
    _derivation(ASSET_VERSION, _PATHS, ASSET, "name context_id", Reach.ALL),
    _derivation(ASSET_VERSION, _PATHS, ASSET_VERSION, "version asset_id task_id", Reach.ITSELF),
    _derivation(ASSET, _PATHS, CONTEXT, "name parent_id", Reach.ALL),
    _derivation(ASSET, _PATHS, ASSET, "name context_id", Reach.ITSELF),
    _derivation(RESOURCE, _PATHS, "Group", "name parent_id", Reach.ALL),
    # trees
    _derivation(CONTEXT, ANCESTORS, CONTEXT, "parent_id", Reach.BELOW),
    _derivation(ASSET, ANCESTORS, CONTEXT, "parent_id", Reach.ALL),
    _derivation(ASSET, ANCESTORS, ASSET, "context_id", Reach.ITSELF),
    _derivation(CONTEXT, DESCENDANTS, CONTEXT, "parent_id", Reach.ABOVE, actions=CREATED_OR_DELETED),
    # projects
    _derivation(CONTEXT, f"{_PROJECT} {CUSTOM_ATTRIBUTES}", CONTEXT, "project_id", Reach.BELOW),
    _derivation(ASSET, f"{_PROJECT} {CUSTOM_ATTRIBUTES}", CONTEXT, "project_id", Reach.ALL),
    _derivation(ASSET, f"{_PROJECT} {CUSTOM_ATTRIBUTES}", ASSET, "context_id", Reach.ITSELF),
    _derivation(ASSET_VERSION, f"{_PROJECT} {CUSTOM_ATTRIBUTES}", CONTEXT, "project_id", Reach.ALL),
    _derivation(ASSET_VERSION, f"{_PROJECT} {CUSTOM_ATTRIBUTES}", ASSET, "context_id", Reach.ALL),
    _derivation(ASSET_VERSION, f"{_PROJECT} {CUSTOM_ATTRIBUTES}", ASSET_VERSION, "asset_id", Reach.ITSELF),
    _derivation("Note", _PROJECT, CONTEXT, "project_id", Reach.ALL),
    _derivation("Note", _PROJECT, "Note", "parent_id", Reach.ITSELF),
    # times
    _derivation(CONTEXT, _LOGGED, "Timelog", "duration context_id", Reach.ABOVE, actions=CREATED_OR_DELETED),
    _derivation(CONTEXT, _LOGGED, CONTEXT, "parent_id", Reach.ABOVE, actions=_DELETED),
    _derivation(CONTEXT, "bid_time_logged_difference", CONTEXT, "bid", Reach.ITSELF),
    # versions
    _derivation(
        ASSET, "latest_version", ASSET_VERSION, "version asset_id is_published", Reach.OWNER,
        actions=CREATED_OR_DELETED, key="asset_id",
    ),
    _derivation(
        ASSET_VERSION, IS_LATEST_VERSION, ASSET_VERSION, "version asset_id is_published", Reach.SIBLINGS,
        actions=CREATED_OR_DELETED, key="asset_id",
    ),
    # status changes
    _derivation(CONTEXT, "status_changes", CONTEXT, "status_id", Reach.ITSELF, actions=_CREATED),
    _derivation(ASSET_VERSION, "status_changes", ASSET_VERSION, "status_id", Reach.ITSELF, actions=_CREATED),
    # addresses of files
    _derivation("", "thumbnail_url", "", "thumbnail_id component_id", Reach.ITSELF),
    _derivation("", "url", "", "component_id location_id resource_identifier", Reach.ITSELF),
    _derivation(CONTEXT, "thumbnail_source_id", CONTEXT, "thumbnail_id parent_id", Reach.ALL, actions=_DELETED),
    _derivation(
        CONTEXT, "thumbnail_source_id", ASSET_VERSION, "thumbnail_id asset_id task_id", Reach.ALL,
        actions=CREATED_OR_DELETED,
    ),
    # reviews
    _derivation("ReviewSession", "is_open", "ReviewSession", "start_date end_date availability", Reach.ITSELF),
    _derivation(
        "ReviewSession", _SESSION_THUMBNAIL, "ReviewSessionObject", "version_id review_session_id sort_order",
        Reach.OWNER, actions=CREATED_OR_DELETED, key="review_session_id",
    ),
    _derivation("ReviewSession", _SESSION_THUMBNAIL, ASSET_VERSION, "thumbnail_id", Reach.ALL, actions=_DELETED),
    _derivation("ReviewSession", _SESSION_THUMBNAIL, COMPONENT, "", Reach.ALL, actions=_DELETED),
    # notes
    _derivation("Note", "recipients", "Note", "", Reach.ITSELF, actions=_CREATED),
    _derivation("Note", "thread_activity", "Note", "", Reach.OWNER, actions=_CREATED, key="in_reply_to_id"),
    _derivation("Note", "note_label_links", "Note", "category_id", Reach.ITSELF, actions=_CREATED),
    _derivation(
        "Note", "category category_id", "NoteLabelLink", None, Reach.OWNER, actions=CREATED_OR_DELETED, key="note_id"
    ),
    # configurations
    _derivation("", CUSTOM_ATTRIBUTES, CUSTOM_CONFIGURATION_BASE, None, Reach.ALL, actions=CREATED_OR_DELETED),
    _derivation("", "key", CUSTOM_ATTRIBUTE_CONFIGURATION, "key", Reach.ALL),
    _derivation("SettingComponent", "setting", "Setting", None, Reach.ALL, actions=CREATED_OR_DELETED),
)  # fmt: skip

#: Values that every row brings, or that are affected by rare changes only. Those who have one loaded are searched for.
_NOT_INDEXED: Final = frozenset({"key", "project", "project_id", CUSTOM_ATTRIBUTES})

_WIDE: Final = frozenset({Reach.ABOVE, Reach.BELOW, Reach.SIBLINGS, Reach.ALL})


@functools.cache
def derived_names(family: str) -> frozenset[str]:
    """Return the attributes of *family* that the server derives from other values, as far as facts state them."""
    return frozenset(name for each in DERIVATIONS if each.family in (family, "") for name in each.names)


@functools.cache
def indexed_names(family: str) -> frozenset[str]:
    """Return the derived attributes whose loaded values may have to be found among all entities of *family*."""
    return frozenset(
        name
        for each in DERIVATIONS
        if each.family == family and each.reach in _WIDE
        for name in each.names - _NOT_INDEXED
    )
