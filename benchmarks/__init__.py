"""Pure: the place where speed is known: one question a script, measured beside the official client in one run."""
