"""What draws models; no widget knows a service."""
