"""Subscriptions: conditions on events, the expression language, and the index of subscribers."""
