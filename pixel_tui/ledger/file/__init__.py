"""The ledger's file: its text, its watch, and the exchange of one file for another."""
