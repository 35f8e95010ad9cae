"""From received events to callbacks: deduplication, replies, recovery after a gap, ordering, worker threads."""
