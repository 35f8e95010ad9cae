"""Attributes as Python expressions: comparisons that build criteria, projections, orderings and free text."""
