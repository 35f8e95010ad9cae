"""How requests reach a server: one seam, the ways through it (HTTP, in-process), and the channel that speaks ftrack."""
