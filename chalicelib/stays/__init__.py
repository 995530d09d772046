"""Bookings and stays as the property tells them, and what was spent.

Owns: which word of a source counts when words come twice, late, out of order or reversed; the lists of a front desk.
Promises: the same words in any order leave the same stay; a stay is found by its id alone and by its source's number.
Never does: price a room, convert money, or decide what follows from a stay; it announces facts and others react.
"""
