"""Reading: queries and missing values become requests, and the rows of their responses become entities."""
