"""The server's data model: entity types, attributes and relations, ftrack's own facts, and the schema cache."""
