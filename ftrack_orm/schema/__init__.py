"""The server's data model as values: entity types, attributes and relations, and the disk cache that keeps them."""
