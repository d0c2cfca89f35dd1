"""The task ledger: its table, one task, its log, its changes."""
