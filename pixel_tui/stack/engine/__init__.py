"""The engine's API: a local socket by the standard library, TCP, TLS and ssh by the SDK."""
