"""Tables whose rows keep their key."""
