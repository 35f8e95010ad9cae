"""Evaluation of criteria and queries on data in memory, without a request."""
