"""The console: the app, its parts, its keys, its themes, its exit."""
