"""Accessors: reading and writing the data of a location by resource identifiers."""
