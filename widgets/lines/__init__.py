"""Views that draw and repaint single lines."""
