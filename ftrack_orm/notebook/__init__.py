"""Tables of queries for other libraries and for files, and the HTML that notebooks show."""
