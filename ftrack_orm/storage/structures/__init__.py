"""Structures: the resource identifiers of components in a location."""
