"""Hospes: the guest-relationship system of a hotel chain. Each folder here is one room of the house."""
