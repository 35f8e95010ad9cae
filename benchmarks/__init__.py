"""Benchmarks of this library beside the official client: one script per benchmark, on a common harness."""
