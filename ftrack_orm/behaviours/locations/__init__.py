"""The locations of a session: their configuration, and which components are in them."""
