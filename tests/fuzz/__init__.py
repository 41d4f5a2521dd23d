"""Fuzzing of what reads other people's bytes: parsers by atheris, the server by hypothesis."""
