"""A year of a chain of its own, with a part of the real bookings: what it owes its guests, says to them, and leaves out."""
