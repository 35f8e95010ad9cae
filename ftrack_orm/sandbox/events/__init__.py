"""Pure: marks the room of the embedded server's event side, where changes are announced and events passed on."""
