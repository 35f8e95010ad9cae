"""The types of a studio's own schema: the package that `ftrack-orm stubs` writes, and the classes it binds."""
