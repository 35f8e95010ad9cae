"""Pure: package of the embedded server's event server, and of the `ftrack.update` events that it publishes."""
