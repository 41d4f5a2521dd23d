"""Tables for people: as wide as the terminal, and wide enough where there is none.

Used by the commands that print what others have written (names, answers of a server).
"""

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDTH_WITHOUT_TERMINAL = 200


def console() -> Console:
    """Standard output. A file or a pipe has no width: lines are not broken early there."""
    width = None if Console().is_terminal else _WIDTH_WITHOUT_TERMINAL
    return Console(width=width, highlight=False)


def table(*headings: str) -> Table:
    """A plain table whose cells wrap and are never cut."""
    made = Table(
        show_header=True, header_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


def harmless(text: str, style: str = "") -> Text:
    """`text` as it stands, without what would steer a terminal, and without rich's markup."""
    return Text("".join(sign if sign.isprintable() else "?" for sign in text), style=style)


def counted(number: int, what: str) -> str:
    """`1 clip`, `2 clips`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
