"""The receipt of a recording: what a destination answers for with its signature."""
