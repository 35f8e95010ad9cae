"""The embedded server's storage of component files."""
