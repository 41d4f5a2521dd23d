"""Docking in virtual time: the camera's own dock client against a real server."""
