"""The dock client: pushes finalised recordings to a content destination."""
