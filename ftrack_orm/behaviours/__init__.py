"""The behaviours: mixins that give entity types methods and properties beyond the attributes of the schema."""
