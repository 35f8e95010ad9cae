"""Python expressions for queries: attributes, criteria, projections, orderings, aggregates and text searches."""
