"""Values to places on the colour scale: limits, norms, the index, channels, sampling."""
