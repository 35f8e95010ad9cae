"""Habits with entities, collections and results as the mappings and sequences of the official client."""

from __future__ import annotations

import collections.abc
import json
from typing import Any

from tests.interop.habits.habit import compat_habit

NAMES = ("name", "bid", "description")


@compat_habit("dict(task)")
def dictionary_of_an_entity(task: Any) -> Any:
    """Make a dictionary of all values of an entity."""
    values = dict(task)
    return {name: values[name] for name in NAMES}, values["status"]["name"], "parent" in values


@compat_habit("{**task}")
def unpacked_entity(task: Any) -> Any:
    """Unpack an entity into a dictionary."""
    values = {**task, "bid": 5}
    return values["name"], values["bid"]


@compat_habit("json.dumps({name: task[name] for name in task.keys() if ...})")
def values_as_json(task: Any) -> Any:
    """Write the plain values of an entity as JSON."""
    plain = {name: value for name, value in task.items() if isinstance(value, (str, int, float)) and name in NAMES}
    return json.dumps(plain, sort_keys=True)


@compat_habit("isinstance(task, collections.abc.Mapping)")
def entity_is_a_mapping(task: Any) -> Any:
    """Recognize an entity by the class of mappings."""
    return isinstance(task, collections.abc.MutableMapping), isinstance(task, collections.abc.Mapping)


@compat_habit("len(task) == len(task.keys())")
def length_of_an_entity(task: Any) -> Any:
    """Count the attributes of an entity."""
    return len(task) == len(list(task.keys())) > 20, bool(task)


@compat_habit("name in task.keys()")
def presence_in_keys(task: Any) -> Any:
    """Ask for a name among the keys of an entity."""
    return "status" in task.keys(), "no_such_attribute" in task.keys()  # noqa: SIM118 - as people write it


@compat_habit('task.get("no_such_attribute", "default")')
def default_of_a_missing_attribute(task: Any) -> Any:
    """Read an attribute with a default."""
    return task.get("no_such_attribute", "default"), task.get("bid", 5), task.get("no_such_attribute")


@compat_habit('task.setdefault("description", "...")')
def default_for_an_attribute(task: Any) -> Any:
    """Read an attribute, and set it when the type does not have a value."""
    return task.setdefault("name", "other")


@compat_habit("task.update(description='...')")
def update_by_names(session: Any, task: Any) -> Any:
    """Set several attributes by keyword arguments, and by pairs."""
    task.update(description="by name")
    task.update([("bid", 90.0)])
    session.commit()
    return task["description"], task["bid"]


@compat_habit("for key, value in sorted(task.items()):")
def sorted_items_of_an_entity(user: Any) -> Any:
    """Print the values of an entity in the order of their names."""
    return [name for name, value in sorted(user.items(), key=lambda item: item[0]) if name in ("id", "username")]


@compat_habit('session.types["Task"].entity_type')
def type_of_a_class(session: Any) -> Any:
    """Read the name of the type of a class."""
    return session.types["Task"].entity_type, list(session.types["Task"].primary_key_attributes)


@compat_habit('session.types["Task"].attributes.get("name").mutable')
def attribute_of_a_class(session: Any) -> Any:
    """Ask whether an attribute can be changed, and whether the server computes it."""
    attributes = session.types["Task"].attributes
    name, identifier, link = attributes.get("name"), attributes.get("id"), attributes.get("link")
    return name.name, name.mutable, identifier.mutable, link.computed, attributes.get("no such attribute")


@compat_habit("session.types['Task'].attributes.keys()")
def names_of_a_class(session: Any) -> Any:
    """List the attributes of a class."""
    return sorted(session.types["Task"].attributes.keys()), len(list(session.types["User"].attributes)) > 5


@compat_habit("isinstance(attribute, ftrack_api.attribute.ReferenceAttribute)")
def kinds_of_attributes(ftrack_api: Any, session: Any) -> Any:
    """Recognize references, collections and scalars by the classes of the attributes."""
    module = ftrack_api.attribute
    attributes = session.types["Task"].attributes
    return (
        isinstance(attributes.get("status"), module.ReferenceAttribute),
        isinstance(attributes.get("children"), module.CollectionAttribute),
        isinstance(attributes.get("name"), module.ScalarAttribute),
        isinstance(attributes.get("metadata"), module.KeyValueMappedCollectionAttribute),
        isinstance(attributes.get("custom_attributes"), module.CustomAttributeCollectionAttribute),
    )


@compat_habit("isinstance(value, ftrack_api.collection.Collection)")
def kinds_of_values(ftrack_api: Any, task: Any) -> Any:
    """Recognize entities, collections and mappings by the classes of the client."""
    module = ftrack_api.collection
    return (
        isinstance(task["status"], ftrack_api.entity.base.Entity),
        isinstance(task["assignments"], module.Collection),
        isinstance(task["name"], module.Collection),
        isinstance(task["metadata"], module.MappedCollectionProxy),
        isinstance(task["parent"], ftrack_api.entity.base.Entity),
    )


@compat_habit("isinstance(value, ftrack_api.entity.user.User)")
def classes_of_entities(ftrack_api: Any, session: Any, user: Any, task: Any) -> Any:
    """Recognize entities by the classes of the client that have methods."""
    location = session.query('Location where name is "ftrack.server"').one()
    return (
        isinstance(user, ftrack_api.entity.user.User),
        isinstance(task, ftrack_api.entity.user.User),
        isinstance(location, ftrack_api.entity.location.Location),
    )


@compat_habit("isinstance(session.query(...), ftrack_api.query.QueryResult)")
def class_of_results(ftrack_api: Any, session: Any, shot: Any) -> Any:
    """Recognize the result of a query by its class."""
    results = session.query(f'Task where parent_id is "{shot["id"]}"')
    return isinstance(results, ftrack_api.query.QueryResult), isinstance(results, collections.abc.Sequence)


@compat_habit("results[0:2], results[-1], reversed(results)")
def results_as_a_sequence(session: Any, shot: Any) -> Any:
    """Use the result of a query as a sequence."""
    results = session.query(f'Task where parent_id is "{shot["id"]}" order by name')
    names = [task["name"] for task in reversed(results)]
    return [task["name"] for task in results[0:2]], results[-1]["name"], names, results.index(results[1])


@compat_habit("results.count(task)")
def count_of_an_entity(session: Any, shot: Any, task: Any) -> Any:
    """Count how often an entity is among the results."""
    return session.query(f'Task where parent_id is "{shot["id"]}"').count(task)


@compat_habit("len(session.query(...).all()), if not results:")
def absence_of_results(session: Any, shot: Any) -> Any:
    """Go on when there are no results."""
    results = session.query(f'Task where parent_id is "{shot["id"]}" and name is "no such task"')
    return not results, len(results), results.all(), list(results)


@compat_habit("[*tasks, *others], session.query(...) + []")
def results_joined(session: Any, shot: Any) -> Any:
    """Join results to a list."""
    query = f'Task where parent_id is "{shot["id"]}" order by name'
    return [each["name"] for each in [*session.query(query), *session.query(query)]]


@compat_habit("collection[0], collection[-1], collection[1:], reversed(collection)")
def collection_as_a_sequence(shot: Any) -> Any:
    """Use a collection as a list."""
    children = shot["children"]
    first = children[0]
    return len(children), children.index(first), children.count(first), children[-1] == first, len(children[1:])


@compat_habit('shot["children"].mutable')
def properties_of_a_collection(shot: Any) -> Any:
    """Ask a collection for its entity, its attribute, and whether it can be changed."""
    children = shot["children"]
    return children.mutable, children.entity == shot, children.attribute.name


@compat_habit('task["scopes"].extend([...]); task["scopes"].pop()')
def change_a_collection_in_place(session: Any, task: Any) -> Any:
    """Change a collection with the methods of a list."""
    scopes = session.query("Scope order by name").all()
    task["scopes"].extend(scopes[:2])
    task["scopes"].pop()
    session.commit()
    before = [scope["name"] for scope in task["scopes"]]
    task["scopes"] += [scopes[2]]
    session.commit()
    return before, sorted(scope["name"] for scope in task["scopes"])


@compat_habit('task["scopes"].append(scope) with except ftrack_api.exception.DuplicateItemInCollectionError:')
def member_added_twice(ftrack_api: Any, session: Any, task: Any) -> Any:
    """Catch the error about a member that is in a collection already."""
    scope = session.query("Scope order by name").first()
    task["scopes"].append(scope)
    try:
        task["scopes"].append(scope)
    except ftrack_api.exception.DuplicateItemInCollectionError:
        return "there already", len(task["scopes"])


@compat_habit('task["metadata"].pop(key, None); task["metadata"].setdefault(...)')
def metadata_as_a_dictionary(session: Any, task: Any) -> Any:
    """Use metadata as a dictionary."""
    metadata = task["metadata"]
    metadata["one"] = "1"
    metadata.setdefault("two", "2")
    metadata.pop("one")
    session.commit()
    return dict(metadata), len(metadata), list(metadata), metadata.pop("three", "none"), sorted(metadata.values())


@compat_habit('dict(shot["custom_attributes"])')
def custom_attributes_as_a_dictionary(shot: Any) -> Any:
    """Use custom attributes as a dictionary."""
    values = shot["custom_attributes"]
    return dict(values), len(values), sorted(values), sorted(values.items()), values.get("first_frame")


@compat_habit("hash(task), {task: ...}, sorted(set(tasks), key=...)")
def entities_as_keys(session: Any, shot: Any, task: Any) -> Any:
    """Use entities as keys of a dictionary."""
    durations = dict.fromkeys(session.query(f'Task where parent_id is "{shot["id"]}"'), 0)
    durations[task] = 5
    return sorted((each["name"], duration) for each, duration in durations.items()), task != shot


@compat_habit('task["id"] = ... with except ftrack_api.exception.ImmutableAttributeError:')
def immutable_attribute(ftrack_api: Any, task: Any) -> Any:
    """Catch the error about an attribute that cannot be changed."""
    try:
        task["id"] = "other"
    except ftrack_api.exception.ImmutableAttributeError:
        return "immutable"


@compat_habit("class_name = entity.entity_type; session.query('{} where ...'.format(class_name))")
def type_in_a_query(session: Any, task: Any, shot: Any) -> Any:
    """Query for entities of the type of another one."""
    for entity in (task, shot):
        query = 'select name from {} where id is "{}"'.format(entity.entity_type, entity["id"])
        assert session.query(query).one() == entity
    return session.get(task.entity_type, [task[name] for name in task.primary_key_attributes])["name"]
