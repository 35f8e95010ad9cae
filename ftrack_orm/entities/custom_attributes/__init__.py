"""Custom attributes: their configurations, the mapping that shows their values, and inheritance down the hierarchy."""
