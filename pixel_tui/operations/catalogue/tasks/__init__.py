"""The actions on tasks of the ledger."""
