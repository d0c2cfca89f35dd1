"""Rules that find what is wrong in the ledger."""
