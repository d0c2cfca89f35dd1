"""Changes to the ledger that race with its own service."""
