"""Packets for a camera without a lens: real ones, encoded once and looped."""
