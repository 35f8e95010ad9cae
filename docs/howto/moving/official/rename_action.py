"""An action: rename the selected entities."""

import logging

import ftrack_api
import ftrack_api.event.base


class RenameAction(object):
    """Rename the entities of the selection, in the way of the action handlers of many studios."""

    label = "Rename"
    identifier = "studio.rename"

    def __init__(self, session):
        """Keep the session."""
        self.session = session
        self.logger = logging.getLogger(__name__ + "." + self.__class__.__name__)

    def register(self):
        """Subscribe to the events of the action."""
        self.session.event_hub.subscribe("topic=ftrack.action.discover", self._discover)
        self.session.event_hub.subscribe(
            "topic=ftrack.action.launch and data.actionIdentifier={0}".format(self.identifier), self._launch
        )

    def _discover(self, event):
        entities = self._translate(event)
        if not entities:
            return None
        return {"items": [{"label": self.label, "actionIdentifier": self.identifier}]}

    def _translate(self, event):
        """Return pairs of type and id for the entities of the selection."""
        entities = []
        for selection in event["data"].get("selection", []):
            name = selection.get("entityType", "").replace("_", "").lower()
            for schema in self.session.schemas:
                alias = schema.get("alias_for")
                if schema["id"].lower() == name or (isinstance(alias, str) and alias.lower() == name):
                    entities.append((schema["id"], selection["entityId"]))
                    break
        return entities

    def _launch(self, event):
        values = event["data"].get("values")
        if not values:
            return {"items": [{"type": "text", "name": "prefix", "label": "Prefix", "value": ""}]}
        renamed = []
        for entity_type, entity_id in self._translate(event):
            entity = self.session.get(entity_type, entity_id)
            if entity is None or "name" not in entity.keys():
                continue
            entity.update({"name": values["prefix"] + entity["name"]})
            renamed.append("{0} {1}".format(entity.entity_type, entity["name"]))
        self.session.commit()
        return {"success": True, "message": ", ".join(renamed)}


def run(session, selection, values):
    """Publish the events of the action in this process, as a test does. Return the replies."""
    RenameAction(session).register()
    replies = []
    for topic, data in (
        ("ftrack.action.discover", {"selection": selection}),
        ("ftrack.action.launch", {"selection": selection, "actionIdentifier": RenameAction.identifier}),
        (
            "ftrack.action.launch",
            {"selection": selection, "actionIdentifier": RenameAction.identifier, "values": values},
        ),
    ):
        event = ftrack_api.event.base.Event(topic=topic, data=data)
        replies.append(session.event_hub.publish(event, synchronous=True))
    return replies


if __name__ == "__main__":
    session = ftrack_api.Session(auto_connect_event_hub=True)
    RenameAction(session).register()
    session.event_hub.wait()
