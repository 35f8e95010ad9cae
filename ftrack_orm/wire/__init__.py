"""The language on the line: values as JSON, operations to send, and replies to read."""
