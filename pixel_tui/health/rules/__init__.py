"""The rules about services, by subject."""
