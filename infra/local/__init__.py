"""The embedded stack: everything AWS would be, on this machine only, for `make run` and for the tests."""
