"""The rules of the ledger: one file each, found by its `RULE`."""
