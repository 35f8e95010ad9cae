"""The connection to the event server: the protocol without I/O, the outbox, back-off, and the connection's thread."""
