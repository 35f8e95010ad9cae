"""Fakes that the tests of several packages use."""
