"""Lines that scroll one by one, and the parts of Textual that they go round."""
