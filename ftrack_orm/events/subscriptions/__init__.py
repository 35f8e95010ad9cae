"""Which events a subscriber wants: conditions, the expression language, and the index of subscribers."""
