"""What the matcher knows of names: readings, romanisations, nicknames, how common a name is. Data only."""
