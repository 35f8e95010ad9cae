"""The unit of work: recorded changes become one request, and its replies become the saved state."""
