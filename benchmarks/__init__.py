"""What the console costs: its start, its idling, its keys, its memory; and what it grows by."""
