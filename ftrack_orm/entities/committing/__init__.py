"""From what was edited to one request, and from its answer, or the lack of one, back to what is edited."""
