"""What each command from the agent means to the recorder.

Who uses it: the media process.
"""

from bwv_device.media.messages import Begin, End, Locate, Mark, Resume
from bwv_device.media.process.wire import Arm, Command, Disarm, Probe
from bwv_device.media.recorder import Recorder


def perform(command: Command, recorder: Recorder) -> None:
    """Hand `command` over; `Close` is the serving loop's own. Raises `TypeError` for it."""
    match command:
        case Arm():
            recorder.arm()
        case Disarm(at_ns=at_ns):
            recorder.disarm(at_ns)
        case Begin(trigger_ns=trigger_ns, reason=reason):
            recorder.begin(trigger_ns, reason)
        case Resume(recording_id=recording_id, trigger_ns=trigger_ns):
            recorder.resume(recording_id, trigger_ns)
        case End(stop_ns=stop_ns, reason=reason, end_reason=end_reason):
            recorder.end(stop_ns, reason, end_reason)
        case Mark(at_ns=at_ns):
            recorder.mark(at_ns)
        case Locate(fix=fix):
            recorder.locate(fix)
        case Probe():
            recorder.probe()
        case _:
            raise TypeError(f"the recorder knows no command {type(command).__name__}")
