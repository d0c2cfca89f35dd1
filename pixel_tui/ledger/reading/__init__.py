"""Reads the ledger's files into tasks and workers."""
