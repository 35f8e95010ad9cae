"""Copying trees of entities: reading them, finding equivalents on another server, and creating the copies."""
