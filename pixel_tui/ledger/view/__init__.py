"""The ledger as shown: rows, search, timeline, statistics, comparison with the stack."""
