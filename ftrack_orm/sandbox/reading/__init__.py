"""Answering queries: from the nodes of a query to one SQL statement, and from its rows to what ftrack would answer."""
