"""The actions on backups."""
