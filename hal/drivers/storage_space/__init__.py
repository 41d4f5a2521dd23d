"""Drivers of the room on the card, one a module; `hal.registry` finds them by name."""
