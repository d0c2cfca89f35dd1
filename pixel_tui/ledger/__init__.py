"""The task ledger of the Pixel ecosystem."""
