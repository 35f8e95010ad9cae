"""Editing entities: setting, appending and clearing as recorded changes, which can be taken back."""
