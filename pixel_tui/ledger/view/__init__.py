"""What is shown of the ledger: rows, search, timeline, statistics, the truth beside it."""
