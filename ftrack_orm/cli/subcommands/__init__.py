"""One module for each command. `commands` in the package above has their table."""
