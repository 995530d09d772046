"""Takes one guard of the product away at a time and asks whether a test notices.

`guards.json` lists the guards: a patch that removes each, why it is there, and the tests that must turn red. A guard
whose removal nobody notices is not guarded. `python -m tests.mutation` goes through all of them.
"""
