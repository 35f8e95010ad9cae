"""Common things that users of the official client do, each written as for that client, and run with both clients."""
