"""Custom attributes: their configurations, the mapping of their values, and inheritance along the hierarchy."""
