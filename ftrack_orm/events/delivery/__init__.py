"""From received events to callbacks: deduplication, replies, catching up after a gap, ordering, worker threads."""
