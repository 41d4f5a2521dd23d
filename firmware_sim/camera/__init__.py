"""A whole simulated camera, and one life of it from power on to power off."""
