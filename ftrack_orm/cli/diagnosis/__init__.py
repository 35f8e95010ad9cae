"""The checks of `ftrack-orm doctor`. Each module has checks of one subject, and each check gives findings."""
