"""The demo chain's input: 119,390 real bookings of two hotels, with generated guest identities."""
