"""Completion of names in interactive shells, from the schema and from values in memory."""
