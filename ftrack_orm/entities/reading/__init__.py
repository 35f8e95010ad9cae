"""From a query or a missing value to the server, and from its answer into the session's objects."""
