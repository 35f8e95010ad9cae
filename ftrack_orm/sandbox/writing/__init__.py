"""Carries out changes: validates entity data, fills in defaults, checks constraints and cascades deletions."""
