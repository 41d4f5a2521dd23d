"""What a report of the recorder means to the firmware, as data.

Who uses it: the agent. A report that has no row here is a fact for the log and nothing more.
"""

from collections.abc import Callable

from bwv_device.evidence.records import EndReason
from bwv_device.firmware.events import Event, Trigger
from bwv_device.media import messages
from bwv_device.media.messages import Report


def _capturing(report: messages.Capturing, _now_ns: int) -> Event:
    return Event(Trigger.RECORDER_STARTED, report.at_ns)


def _capture_failed(report: messages.CaptureFailed, now_ns: int) -> Event:
    return Event(Trigger.RECORDER_FAILED, now_ns, message=report.message)


def _lost(
    report: messages.CameraLost | messages.RecorderLost | messages.CardSilent, now_ns: int
) -> Event:
    return Event(Trigger.CAPTURE_LOST, now_ns, message=report.message)


def _camera_back(report: messages.CameraBack, now_ns: int) -> Event:
    return Event(Trigger.CAPTURE_BACK, now_ns, message=f"after {report.gap_s:.1f} s")


def _recorder_back(report: messages.RecorderBack, now_ns: int) -> Event:
    text = f"the recorder, after {report.gap_s:.1f} s"
    return Event(Trigger.CAPTURE_BACK, now_ns, message=text)


def _card_back(_report: messages.CardBack, now_ns: int) -> Event:
    return Event(Trigger.CAPTURE_BACK, now_ns, message="the card answers")


def _writing_failed(report: messages.WritingFailed, now_ns: int) -> Event:
    trigger = Trigger.STORAGE_FULL if report.full else Trigger.RECORDER_FAILED
    return Event(trigger, now_ns, message=report.message)


_MEANINGS: dict[type, Callable[..., Event]] = {
    messages.Capturing: _capturing,
    messages.CaptureFailed: _capture_failed,
    messages.CameraLost: _lost,
    messages.CameraBack: _camera_back,
    messages.RecorderLost: _lost,
    messages.RecorderBack: _recorder_back,
    messages.CardSilent: _lost,
    messages.CardBack: _card_back,
    messages.WritingFailed: _writing_failed,
}


def event_of(report: Report, now_ns: int) -> Event | None:
    """The event that the report is to the firmware, or None."""
    meaning = _MEANINGS.get(type(report))
    return meaning(report, now_ns) if meaning else None


def end_reason_of(reason: str) -> EndReason:
    """Why the last clip ends, from why the recording does: a fault, a dock and the like have
    their own word, a button and every other source is a stop."""
    return EndReason(reason) if reason in set(EndReason) else EndReason.STOP
