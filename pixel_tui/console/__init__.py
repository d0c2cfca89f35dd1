"""The console: the app, the parts it is made of, its keys, its theme, its end."""
