"""What plans and screens know beside the snapshot, read in the background."""
