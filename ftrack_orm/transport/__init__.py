"""How requests reach a server: the transport interface, HTTP and in-process transports, and the channel on top."""
