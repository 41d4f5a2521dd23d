"""The manifest of a clip: what the camera that recorded it states of it, signed."""
