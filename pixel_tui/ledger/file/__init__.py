"""The ledger's file: its text, a watcher, and reading it as one state."""
