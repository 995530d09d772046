"""The lines of the proof, each at a small size."""
