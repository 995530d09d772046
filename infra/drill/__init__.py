"""Losing data and getting it back: the restore drill, and the steps of a real restore that it rehearses."""
