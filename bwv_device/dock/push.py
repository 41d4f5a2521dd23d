"""Pushes everything: all recordings of a store to one destination in one round.

Marked recordings go first, then the oldest.

Who uses it: the worker, round after round, and `bwv` commands that push once.
"""

import logging
import random
from collections.abc import Callable, Sequence
from functools import partial

from bwv_device.configuration.keeping import Dock
from bwv_device.dock.admission import admission
from bwv_device.dock.backoff import Backoff, Chance, Patience
from bwv_device.dock.connect import connected
from bwv_device.dock.describe import Identity
from bwv_device.dock.docking import ON_DEVICE, At, Docking, Step, Tally
from bwv_device.dock.errors import DockError, LicenceError, UndockedError
from bwv_device.dock.events import Connected, NextTry, PushSummary, Report, Waiting
from bwv_device.dock.handover import Handover, needs_work
from bwv_device.dock.handshake import greet
from bwv_device.dock.ledger_push import hand_over_ledger
from bwv_device.dock.memory import Memory, Why
from bwv_device.dock.priority import marked_first
from bwv_device.dock.receipts import receipt_anchors
from bwv_device.dock.sealing import accept
from bwv_device.dock.stop import Stop
from bwv_device.errors import Kind
from bwv_device.evidence.ledger.keeper import LedgerKeeper
from bwv_device.evidence.manifest.keeping import Manifests
from bwv_device.evidence.records import ClipState, Recording
from bwv_device.evidence.store import Store
from bwv_device.protocol.connection import ConnectionFile
from bwv_device.protocol.errors import ProtocolError
from hal.interfaces.clock import Clock

log = logging.getLogger(__name__)

WAITS = frozenset({Why.UNPROVED, Why.CONFLICT, Why.CLEAR})
"""Clips set aside so keep their recording from being called complete."""

Order = Callable[[Sequence[Recording]], Sequence[Recording]]
"""Which recordings go first; it is given the marked ones first, and otherwise the oldest."""


def oldest_first(recordings: Sequence[Recording]) -> Sequence[Recording]:
    """The order when nobody sets another."""
    return recordings


def _no_step(step: Step) -> None:
    """Nothing breaks a round off."""


def push_all(
    store: Store,
    connection: ConnectionFile,
    clock: Clock,
    identity: Identity,
    report: Report,
    *,
    settings: Dock | None = None,
    stop: Stop | None = None,
    order: Order = oldest_first,
    chance: Chance = random.random,
    at: At = _no_step,
    manifests: Manifests | None = None,
    ledger: LedgerKeeper | None = None,
) -> PushSummary:
    """One round: everything that can be brought out is out, proved and freed when it returns.

    `report` is told every event, the last being `Finished`. What a destination does wrong is
    in the summary and never raised. Raises `StoreError` when the store itself fails; what was
    settled until then stays settled. Without `manifests`, those are sent that are there.
    """
    tally, stop, settings = Tally(report), stop or Stop(), settings or Dock()
    patience = Patience(
        clock,
        stop,
        partial(Backoff, settings.retry_first_s, settings.retry_most_s, chance),
        lambda error, wait_s: report(Waiting(str(error), wait_s)),
    )
    memory = Memory.open(store.folder)
    try:
        accept(store, connection, clock.utc_ns())
        credential = admission(
            *(store.folder, identity.serial, identity.model), connection, clock, stop, tally
        )
        with connected(connection, clock, stop, patience, credential) as destination:
            memory.meet(connection, settings.accept_status_only)
            docking = Docking(
                *(store, destination, memory, clock, identity, settings, tally, at),
                receipt_anchors=receipt_anchors(store, identity.serial, connection),
                manifests=manifests,
                wants_sealed=connection.want_encryption,
                ledger=ledger,
            )
            _round(docking, connection, order)
    except UndockedError as error:
        log.info("%s", error)
        tally.next_tries.add(NextTry.SOON)
    except (DockError, ProtocolError) as error:
        log.error("%s", error)
        tally.failed(error)
    return tally.finished(store.journal)


def _round(docking: Docking, connection: ConnectionFile, order: Order) -> None:
    recordings = docking.journal.recordings()
    ended = [one for one in recordings if _has_ended(docking, one)]
    if len(ended) < len(recordings):
        # The last clip is still being closed: come back for it.
        docking.tally.next_tries.add(NextTry.SOON)
    unsettled = [one for one in ended if _is_pending(docking, one)]
    pending = _own(docking, connection, unsettled)
    greet(docking, connection, pending)
    docking.tally.report(Connected(connection.site_name, docking.capabilities))
    _remind(docking, [one for one in ended if one not in unsettled])
    hand_over_ledger(docking)
    _hand_over(docking, order(marked_first(docking.journal, pending)))
    # Once more: what came of the visit is in it now.
    hand_over_ledger(docking)


def _hand_over(docking: Docking, recordings: Sequence[Recording]) -> None:
    unlicensed: set[str] = set()
    for recording in recordings:
        if recording.user_id in unlicensed:
            continue
        try:
            Handover(docking, recording).run()
        except LicenceError as error:
            docking.tally.failed(error)
            unlicensed.add(recording.user_id)
        except (DockError, ProtocolError) as error:
            if isinstance(error, DockError) and error.ends_round:
                raise
            docking.tally.failed(error)


def _own(
    docking: Docking, connection: ConnectionFile, recordings: list[Recording]
) -> list[Recording]:
    """Those that a destination takes from this camera: one that lets in by certificate takes none
    that carries another serial number, as on a card that was moved."""
    if not connection.by_certificate:
        return recordings
    own = [one for one in recordings if one.serial == docking.identity.serial]
    others = sorted({one.serial for one in recordings} - {docking.identity.serial})
    if others:
        docking.tally.problem(
            Kind.REFUSE,
            f"{len(recordings) - len(own)} recordings of {', '.join(others)} stay on the camera: "
            f"{connection.site_name} takes from each camera its own only; put the card back, or "
            "use a connection file with the account's key",
        )
    return own


def _has_ended(docking: Docking, recording: Recording) -> bool:
    states = {clip.state for clip in docking.journal.clips(recording.id)}
    return recording.trigger_off is not None and ClipState.RECORDING not in states


def _is_pending(docking: Docking, recording: Recording) -> bool:
    """Whether something of a recording can be done at this destination now."""
    clips = docking.clips(recording)
    if any(needs_work(docking, recording, clip) for clip in clips):
        return True
    return recording.completed_utc_ns is None and _is_completable(docking, recording)


def _is_completable(docking: Docking, recording: Recording) -> bool:
    """A crash between the last clip and `Complete` leaves only clips that are settled."""
    noted = docking.memory.rejected(recording.container)
    asides = [docking.memory.set_aside(clip.id) for clip in docking.clips(recording)]
    waiting = any(one and one.why in WAITS for one in asides)
    return bool(asides) and not waiting and not (noted and noted.whole_recording)


def _remind(docking: Docking, settled: Sequence[Recording]) -> None:
    """What stays on the camera shows at every docking, not only when it was found out."""
    kept = sum(
        clip.state in ON_DEVICE for recording in settled for clip in docking.clips(recording)
    )
    if kept:
        text = f"{kept} clips stay on the camera, `bwv clips` says why; a person has to act"
        docking.tally.problem(Kind.REFUSE, text)
