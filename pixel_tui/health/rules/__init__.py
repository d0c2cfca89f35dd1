"""The rules about a service: by subject."""
