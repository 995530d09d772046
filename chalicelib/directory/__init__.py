"""Chains, brands, properties, staff and API keys: who there is, how they are set up, and what each may do.

Promises: a caller never sees or grants more than it holds; secrets are kept as hashes only; one chain never learns of
another. Never does: anything about a guest.
"""
