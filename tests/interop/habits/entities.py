"""Habits with entities: attributes as items, the methods of a dictionary, types, identities and states."""

from __future__ import annotations

from typing import Any

from tests.interop.habits.habit import habit


@habit('task["parent"]["parent"]["name"]')
def values_of_related_entities(task: Any) -> Any:
    """Read attributes of an entity and of those it refers to."""
    return task["name"], task["status"]["name"], task["parent"]["parent"]["name"], task["project"]["full_name"]


@habit("'{task[name]}: {task[status][name]}'.format(task=task)")
def values_in_a_format(task: Any) -> Any:
    """Format a text with attributes."""
    return "{task[name]}: {task[status][name]}".format(task=task)  # noqa: UP032 - as people write it


@habit("' / '.join(item['name'] for item in task['link'])")
def path_of_an_entity(task: Any) -> Any:
    """Join the names of the path to an entity."""
    return " / ".join(item["name"] for item in task["link"]), task["link"][0]["type"]


@habit('while parent: parent = parent["parent"]')
def walk_up(task: Any, project: Any) -> Any:
    """Walk up to the project."""
    names, parent = [], task
    while parent is not None and parent["id"] != project["id"]:
        names.append(parent["name"])
        parent = parent["parent"]
    return names


@habit('for shot in sequence["children"]: shot["children"][:]')
def walk_down(shot: Any) -> Any:
    """Walk down through children."""
    names = [
        (each["name"], sorted(child["name"] for child in each["children"][:])) for each in shot["parent"]["children"]
    ]
    return names, len(shot["children"]), shot["children"][0]["parent"] == shot


@habit('[ancestor["name"] for ancestor in task["ancestors"]]')
def ancestors_of_an_entity(task: Any) -> Any:
    """List the ancestors of an entity."""
    return sorted(ancestor["name"] for ancestor in task["ancestors"])


@habit('sorted(shot["descendants"], key=lambda entity: entity["name"])')
def descendants_of_an_entity(shot: Any) -> Any:
    """List all entities below an entity."""
    return [entity["name"] for entity in sorted(shot["descendants"], key=lambda entity: entity["name"])]


@habit('if "status" in task:')
def presence_of_an_attribute(task: Any, user: Any) -> Any:
    """Ask whether an entity has an attribute."""
    return "status" in task, "status" in user


@habit('task["no_such_attribute"] with except KeyError:')
def missing_item(task: Any) -> Any:
    """Catch the error about a missing attribute."""
    try:
        return task["no_such_attribute"]
    except KeyError:
        return "missing"


@habit("task.keys()", 'session.schema.type("Task").attributes')
def names_of_attributes(task: Any) -> Any:
    """List the names of the attributes of an entity."""
    return sorted(task.keys())


@names_of_attributes.here
def _(session: Any) -> Any:
    # The official client leaves out the attributes that cannot be read.
    return sorted(each.name for each in session.schema.type("Task").attributes.values() if not each.restricted)


@habit("for name in task:", 'session.schema.type("Task").attributes')
def iterate_over_names(task: Any) -> Any:
    """Iterate over the names of the attributes of an entity."""
    return sorted(name for name in task)


@iterate_over_names.here
def _(session: Any) -> Any:
    # The official client leaves out the attributes that cannot be read.
    return sorted(each.name for each in session.schema.type("Task").attributes.values() if not each.restricted)


@habit("task.items()", "inspect(entity).loaded")
def items_of_an_entity(session: Any, task: Any) -> Any:
    """List names and values of an entity."""
    return {name: value for name, value in task.items() if name in ("name", "bid", "description")}


@items_of_an_entity.here
def _(ftrack_api: Any, session: Any, task: Any) -> Any:
    names = ("name", "bid", "description")
    session.populate(task, *names)
    return {name: ftrack_api.inspect(task).loaded[name] for name in names}


@habit("task.values()", "inspect(entity).loaded")
def values_of_an_entity(task: Any) -> Any:
    """List the values of an entity."""
    return task["name"] in task.values()


@values_of_an_entity.here
def _(ftrack_api: Any, task: Any) -> Any:
    return task["name"] in ftrack_api.inspect(task).loaded.values()


@habit('task.get("description")', "getattr(entity, name, default)")
def value_or_none(task: Any, user: Any) -> Any:
    """Read an attribute that a type may not have."""
    return task.get("name"), user.get("name"), user.get("bid", 0)


@value_or_none.here
def _(task: Any, user: Any) -> Any:
    return getattr(task, "name", None), getattr(user, "name", None), getattr(user, "bid", 0)


@habit('task.update({"name": ..., "bid": ...})', "entity[name] = value")
def update_several_attributes(session: Any, task: Any) -> Any:
    """Set several attributes."""
    task.update({"description": "new", "bid": 60.0})
    session.commit()
    return task["description"], task["bid"]


@update_several_attributes.here
def _(session: Any, task: Any) -> Any:
    for name, value in {"description": "new", "bid": 60.0}.items():
        task[name] = value
    session.commit()
    return task["description"], task["bid"]


@habit("task.entity_type", "inspect(entity).entity_type")
def type_of_an_entity(task: Any, shot: Any) -> Any:
    """Read the name of the type of an entity."""
    return task.entity_type, shot.entity_type.lower()


@type_of_an_entity.here
def _(ftrack_api: Any, task: Any, shot: Any) -> Any:
    return ftrack_api.inspect(task).entity_type, ftrack_api.inspect(shot).entity_type.lower()


@habit("task.__class__.__name__")
def name_of_the_class(task: Any) -> Any:
    """Read the name of the class of an entity."""
    return task.__class__.__name__, type(task).__name__


@habit("task.session", "session")
def session_of_an_entity(task: Any) -> Any:
    """Use the session of an entity."""
    return task.session.get("Task", task["id"])["name"]


@session_of_an_entity.here
def _(session: Any, task: Any) -> Any:
    return session.get("Task", task["id"])["name"]


@habit("task.attributes", 'session.schema.type("Task").attributes')
def attributes_of_an_entity(task: Any) -> Any:
    """List the attributes of an entity with their kinds."""
    return "status" in [attribute.name for attribute in task.attributes]


@attributes_of_an_entity.here
def _(session: Any) -> Any:
    return "status" in session.schema.type("Task").attributes


@habit("task.primary_key_attributes", 'session.schema.type("Task").primary_key')
def primary_key_names(task: Any) -> Any:
    """Read the names of the primary key of an entity."""
    return list(task.primary_key_attributes)


@primary_key_names.here
def _(session: Any) -> Any:
    return list(session.schema.type("Task").primary_key)


@habit("ftrack_api.inspection.identity(task)", "ftrack_orm.inspect")
def identity_of_an_entity(ftrack_api: Any, task: Any) -> Any:
    """Get the identity of an entity, to pass it on."""
    kind, key = ftrack_api.inspection.identity(task)
    return kind, key == [task["id"]]


@identity_of_an_entity.here
def _(ftrack_api: Any, task: Any) -> Any:
    reference = ftrack_api.inspect(task).reference
    return reference.entity_type, reference.id == task["id"]


@habit("ftrack_api.inspection.primary_key(task).values()", "ftrack_orm.inspect")
def primary_key_of_an_entity(ftrack_api: Any, task: Any) -> Any:
    """Get the primary key of an entity."""
    return list(ftrack_api.inspection.primary_key(task).values()) == [task["id"]]


@primary_key_of_an_entity.here
def _(ftrack_api: Any, task: Any) -> Any:
    return list(ftrack_api.inspect(task).identity.key) == [task["id"]]


@habit("ftrack_api.inspection.state(task)", "ftrack_orm.inspect")
def state_of_an_entity(ftrack_api: Any, session: Any, task: Any, shot: Any) -> Any:
    """Ask whether an entity is new, changed or deleted."""
    new = session.create("Task", {"name": "state", "parent": shot})
    task["bid"] = 1
    state = ftrack_api.inspection.state
    states = [state(new).name, state(task).name, state(shot) is ftrack_api.symbol.NOT_SET]
    session.rollback()
    return states


@state_of_an_entity.here
def _(ftrack_api: Any, session: Any, task: Any, shot: Any) -> Any:
    new = session.create("Task", {"name": "state", "parent": shot})
    task["bid"] = 1
    inspect, pending = ftrack_api.inspect, ftrack_api.Lifecycle.PENDING
    states = [
        "CREATED" if inspect(new).state is pending else None,
        "MODIFIED" if inspect(task).is_modified else None,
        not inspect(shot).changes,
    ]
    session.rollback()
    return states


@habit("import ftrack_api.inspection, and then state(task)", "entities and queries do not offer their session")
def state_by_the_official_module(official: Any, session: Any, task: Any) -> Any:
    """Pass an entity to a function of the official client that is still imported."""
    task["bid"] = 1
    state = official.inspection.state(task).name
    session.rollback()
    return state


@state_by_the_official_module.here
def _(ftrack_api: Any, session: Any, task: Any) -> Any:
    task["bid"] = 1
    state = "MODIFIED" if ftrack_api.inspect(task).is_modified else None
    session.rollback()
    return state


@habit("import ftrack_api.inspection, and then identity(task)", "inspect(entity).entity_type")
def identity_by_the_official_module(official: Any, task: Any) -> Any:
    """Get an identity from the official client that is still imported."""
    return official.inspection.identity(task)[0]


@identity_by_the_official_module.here
def _(ftrack_api: Any, task: Any) -> Any:
    return ftrack_api.inspect(task).entity_type


@habit("ftrack_api.formatter.format(task)", "repr(entity)")
def formatted_entity(ftrack_api: Any, session: Any, task: Any) -> Any:
    """Print an entity with its loaded values."""
    pretty = ftrack_api.formatter.format
    with session.auto_populating(False):
        return task["id"] in pretty(task)


@formatted_entity.here
def _(ftrack_api: Any, task: Any) -> Any:
    return task["id"] in repr(task) and task["id"] in ftrack_api.inspect(task).loaded.values()


@habit("ftrack_api.symbol.NOT_SET", "ftrack_orm.NOT_LOADED")
def symbol_of_a_missing_value(ftrack_api: Any, session: Any) -> Any:
    """Recognize an attribute that a new entity does not have yet."""
    user = session.create("User", {"username": "habits.symbol"})
    is_missing = user["first_name"] is ftrack_api.symbol.NOT_SET
    session.rollback()
    return is_missing


@symbol_of_a_missing_value.here
def _(session: Any) -> Any:
    user = session.create("User", {"username": "habits.symbol"})
    is_missing = user["first_name"] is None
    session.rollback()
    return is_missing


@habit('del task["description"]', "session.revert")
def delete_an_item(session: Any, task: Any) -> Any:
    """Take the change of one attribute back."""
    before = task["description"]
    task["description"] = "changed"
    del task["description"]
    return task["description"] == before


@delete_an_item.here
def _(session: Any, task: Any) -> Any:
    before = task["description"]
    task["description"] = "changed"
    session.revert(task, "description")
    return task["description"] == before


@habit("task.clear()", "session.revert(entity)")
def clear_an_entity(session: Any, task: Any) -> Any:
    """Take all changes of an entity back."""
    before = task["description"]
    task["description"] = "changed"
    task.clear()
    session.rollback()
    return task["description"] == before


@clear_an_entity.here
def _(session: Any, task: Any) -> Any:
    before = task["description"]
    task["description"] = "changed"
    session.revert(task)
    return task["description"] == before


@habit("session.entity_reference(task)", "inspect(entity).reference")
def reference_of_an_entity(session: Any, task: Any) -> Any:
    """Get the reference of an entity, as operations carry it."""
    return session.entity_reference(task)["__entity_type__"]


@reference_of_an_entity.here
def _(ftrack_api: Any, task: Any) -> Any:
    return ftrack_api.inspect(task).reference.entity_type


@habit("session.merge(task_of_another_session)", "session.get(entity_type, id)")
def entity_of_another_session(session: Any, connect: Any, task: Any) -> Any:
    """Use an entity of another session."""
    other = connect().get("Task", task["id"])
    return session.merge(other)["name"]


@entity_of_another_session.here
def _(session: Any, connect: Any, task: Any) -> Any:
    other = connect().get("Task", task["id"])
    return session.get("Task", other["id"])["name"]


@habit("task in {task}, task == other")
def equality_of_entities(session: Any, task: Any, shot: Any) -> Any:
    """Compare entities and keep them in sets and dictionaries."""
    again = session.query(f'Task where id is "{task["id"]}"').one()
    return again == task, again is task, again in {task: 1}, shot == task, shot in [task]


@habit('task["id"] in str(task)')
def text_of_an_entity(task: Any) -> Any:
    """Log an entity with its type and id."""
    return task["id"] in str(task), "Task" in str(task)


@habit('shot["thumbnail_url"]')
def address_of_a_thumbnail(shot: Any) -> Any:
    """Read the address of a thumbnail."""
    return sorted(shot["thumbnail_url"]), shot["thumbnail_url"]["url"].startswith("http")
