"""An action: rename the selected entities."""

import ftrack_orm
from ftrack_orm import Event, inspect


class RenameAction:
    """Rename the entities of the selection, in the way of the action handlers of many studios."""

    label = "Rename"
    identifier = "studio.rename"

    def __init__(self, session):
        """Keep the session."""
        self.session = session

    def register(self):
        """Subscribe to the events of the action."""
        self.session.event_hub.subscribe("topic=ftrack.action.discover", self._discover)
        self.session.event_hub.subscribe(
            f"topic=ftrack.action.launch and data.actionIdentifier={self.identifier}", self._launch
        )

    def _discover(self, event):
        if not self._translate(event):
            return None
        return {"items": [{"label": self.label, "actionIdentifier": self.identifier}]}

    def _translate(self, event):
        """Return pairs of type and id for the entities of the selection."""
        types = {name.lower(): name for name in self.session.types}
        pairs = [
            (types.get(each.get("entityType", "").replace("_", "").lower()), each["entityId"])
            for each in event.data.get("selection", [])
        ]
        return [(name, entity_id) for name, entity_id in pairs if name]

    def _launch(self, event):
        values = event.data.get("values")
        if not values:
            return {"items": [{"type": "text", "name": "prefix", "label": "Prefix", "value": ""}]}
        renamed = []
        for entity_type, entity_id in self._translate(event):
            entity = self.session.get(entity_type, entity_id)
            if entity is None or "name" not in entity:
                continue
            entity.name = values["prefix"] + entity.name
            renamed.append(f"{inspect(entity).entity_type} {entity.name}")
        self.session.commit()
        return {"success": True, "message": ", ".join(renamed)}


def run(session, selection, values):
    """Publish the events of the action in this process, as a test does. Return the replies."""
    RenameAction(session).register()
    launch = {"selection": selection, "actionIdentifier": RenameAction.identifier}
    events = [
        Event(topic="ftrack.action.discover", data={"selection": selection}),
        Event(topic="ftrack.action.launch", data=launch),
        Event(topic="ftrack.action.launch", data={**launch, "values": values}),
    ]
    return [session.event_hub.publish(event, synchronous=True) for event in events]


if __name__ == "__main__":
    session = ftrack_orm.Session(auto_connect_event_hub=True)
    RenameAction(session).register()
    session.event_hub.wait()
