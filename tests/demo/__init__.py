"""Tests of the demo: the real bookings, their generated guests, and the files made of both."""
