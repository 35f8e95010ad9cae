"""Reads scripts that are written for the official client, and reports the places that would have to change."""
