"""Entities as Python objects: classes from the schema, identity, lazy loading, changes and the unit of work."""
