"""Drivers of the camera, one a module; `hal.registry` finds them by name."""
