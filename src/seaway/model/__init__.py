"""What is wanted and what is there: frozen values, no input or output."""
