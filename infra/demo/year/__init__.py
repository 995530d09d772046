"""A year of a chain of its own with a part of the real bookings: what it owes, says to its guests, and leaves out."""
