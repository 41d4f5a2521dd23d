"""From the lens to the file: capture, overlay, encode, ring, clip."""
