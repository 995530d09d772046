"""Measures what the product costs, as ratios to what is unavoidable, and writes `.local/bench.json`."""
