"""Events: the event itself, subscriptions, the connection to the event server, delivery to callbacks, and the hub."""
