"""Videos as input: what their headers say, and their frames."""
