"""What a configuration of nginx says: resolved addresses and routes."""
