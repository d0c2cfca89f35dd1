"""The actions on services and volumes."""
