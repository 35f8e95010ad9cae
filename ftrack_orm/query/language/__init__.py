"""ftrack's query language: nodes, lexer, parser, compiler, literals, templates, and checks against a schema."""
