"""The time of day that a picture shows: UTC as the clock had it when the picture was taken.

Who uses it: the picture loop, for the overlay. Ring and recordings share each picture, so what is
drawn can't follow the one offset that a recording's metadata has: at a step of UTC the text
steps, within a second, and the metadata says when and by how much.
"""

from hal.interfaces.clock import NS_PER_S, Clock


class PictureUtc:
    """One thread uses it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ns = 0
        self._due_ns: int | None = None

    def of(self, capture_ns: int) -> int:
        """UTC of a picture. The clocks are compared once a second: were it done for each picture,
        a thread that is interrupted between the two would make the text flicker."""
        if self._due_ns is None or capture_ns >= self._due_ns:
            self._offset_ns = self._clock.utc_reading().offset_ns
            self._due_ns = capture_ns + NS_PER_S
        return capture_ns + self._offset_ns
