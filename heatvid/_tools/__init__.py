"""What the command line shows beside videos."""
