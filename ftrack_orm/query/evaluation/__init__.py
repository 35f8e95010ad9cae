"""Deciding criteria on values in memory, without asking a server."""
