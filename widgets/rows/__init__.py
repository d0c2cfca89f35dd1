"""From a model to the cells of a row. Pure."""
