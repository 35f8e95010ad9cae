"""Builds the distributions and tries them in clean environments: `python -m tests.packaging.distributions`."""
