"""Hospes: the guest-relationship system of a hotel chain. Each folder here is one room of the house."""

import gc

# A start makes some hundred thousand objects that stay, and a request few that hold one another: looking for such
# cycles after every 700 new objects, as Python does, was a tenth of a start and never found anything.
gc.set_threshold(50_000, 20, 100)
