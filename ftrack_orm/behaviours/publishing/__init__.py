"""Publishing files: creating components, adding them to locations, and undoing what fails."""
