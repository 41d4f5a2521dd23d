"""The destination's certificate authority: for its cameras, and for itself."""
