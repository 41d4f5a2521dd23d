"""What each HTTP status tells the client to do: one table.

Who uses it: the dock client decides by it, the server's errors carry the same statuses. A
network fault is no status: it is always tried again and never leads to rejected content.
"""

from enum import StrEnum


class Action(StrEnum):
    """What the client does next."""

    DONE = "done"
    """Stored, or answered."""
    RETRY = "retry"
    """Back off with jitter and send the same again."""
    REJECT = "reject"
    """It will never be stored as it is: move to rejected content, never try again."""
    NEW_TOKEN = "new_token"
    """Authenticate and repeat once; a second 401 is a fault."""
    CREATE_CONTAINER = "create_container"
    """The container is not there: create it and repeat once."""
    COMPARE = "compare"
    """The destination holds something else under this name, or misses a clip of a recording
    called complete: HEAD each object; equal digests mean stored, anything else a person."""
    STOP_FULL = "stop_full"
    """The destination is full: stop uploads, show the fault, look again slowly."""
    OPERATOR = "operator"
    """Licence, permission or a reply that makes no sense: stop and tell a person."""


ACTIONS: dict[int, Action] = {
    200: Action.DONE,
    201: Action.DONE,
    202: Action.DONE,
    204: Action.DONE,
    206: Action.DONE,
    400: Action.REJECT,
    401: Action.NEW_TOKEN,
    402: Action.OPERATOR,
    403: Action.OPERATOR,
    404: Action.CREATE_CONTAINER,
    408: Action.RETRY,
    409: Action.COMPARE,
    413: Action.REJECT,
    422: Action.RETRY,
    429: Action.RETRY,
    499: Action.RETRY,
    500: Action.RETRY,
    502: Action.RETRY,
    503: Action.RETRY,
    504: Action.RETRY,
    507: Action.STOP_FULL,
}
"""400 to 507 as the API gives them; 408, 409, 413, 422, 429, 499 from Swift and ours. 422 is
a digest that did not match: the body was hurt on the way, so it is sent again."""


def action_for(status: int) -> Action:
    """What to do about `status`; one that is not in the table is retried only if it is 5xx."""
    if status in ACTIONS:
        return ACTIONS[status]
    if 200 <= status < 300:
        return Action.DONE
    return Action.RETRY if 500 <= status < 600 else Action.OPERATOR
