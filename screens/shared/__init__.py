"""What screens of several subjects use: the dialog, the question, the pick list, the help."""
