"""Carrying out changes: what entity data means, what the server fills in and refuses, what a deletion takes along."""
