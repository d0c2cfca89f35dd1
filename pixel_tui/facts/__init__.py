"""Facts that plans and screens need besides the snapshot, read in the background."""
