"""The engine's API, over a socket or the SDK."""
