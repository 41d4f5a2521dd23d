"""Hostile requests to a content destination, and a judge that sees whether they did any harm."""
