"""What comes in from outside as files, and what became of every row of them.

Owns imports, their runs, and the rows that were rejected. Promises that a crash at any moment neither loses nor doubles
a row, and that a broken row harms only itself. Never decides what a row means: that is its owner's affair.
"""
