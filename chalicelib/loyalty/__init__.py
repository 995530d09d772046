"""Points: programmes and their dated rules, members, and a ledger of entries and lots that explains every point.

Owns what a guest has earned, may spend and has spent, and what it all costs whom. Promises that no entry is changed or
deleted, that the balance is the sum of the entries and of the open lots, and that the same stay told in any order earns
the same. Never decides about tiers from a balance, and never sends a message.
"""
