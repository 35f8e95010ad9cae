"""Files: transfers to and from the server's storage, accessors, structures, file sequences."""
