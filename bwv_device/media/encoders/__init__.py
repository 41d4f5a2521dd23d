"""Encoders of the picture behind one interface, and the choice between them by trying."""
