"""Answers queries: compiles the nodes of a query into SQL, and converts the rows into the reply of an ftrack server."""
