"""The query language: nodes, compiler, lexer, parser, literals, templates, and the check of names."""
