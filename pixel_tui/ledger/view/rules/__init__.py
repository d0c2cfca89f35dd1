"""What is wrong in the ledger: one rule a file."""
