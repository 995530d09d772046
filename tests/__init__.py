"""Tests mirror the source; house/ holds the rules of the house."""
