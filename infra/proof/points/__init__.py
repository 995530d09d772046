"""The points ledger under proof: books added up from the stored items alone, and chains that live on under trouble."""
