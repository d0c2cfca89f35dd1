"""The task ledger: its table, one task, its log, new tasks."""
