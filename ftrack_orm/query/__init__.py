"""ftrack's query language as immutable values: nodes, compiler, parser, and the builder that pipeline code chains."""
