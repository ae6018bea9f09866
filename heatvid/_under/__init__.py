"""What comes with a field, pixel by pixel: what lies under it, and masks of its opacity."""
