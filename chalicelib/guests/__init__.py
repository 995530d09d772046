"""Who the guest is: names, contact points, consents, and the numbers by which other systems know the same person.

Promises: a house sees the guests it knows and of the others nothing; personal data lies in no key, cursor, log or
address in clear; a denial outlasts every older grant. Never does: decide that two guests are one person.
"""
