"""The actions on environment files."""
