"""Queries: the builder, the query language, expressions in Python, and evaluation in memory."""
