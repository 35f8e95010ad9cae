"""Events: what they are, who wants them, the protocol they travel by, and the hub that brings them."""
