"""From models to the text of rows and details. Pure."""
