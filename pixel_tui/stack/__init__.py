"""The one room that talks to Docker and starts programs."""
