"""Pure: the public names of ftrack_orm."""
