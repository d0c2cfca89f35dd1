"""Log lines: reading, following, merging and holding them."""
