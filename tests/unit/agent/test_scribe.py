"""The scribe's queue, and whoever has to know that it is written."""

import threading
from pathlib import Path

from bwv_device.agent.device_ledger import device_ledger
from bwv_device.agent.facts import Said
from bwv_device.agent.scribe import Scribe
from bwv_device.configuration.model import Configuration
from bwv_device.evidence.ledger.kinds import Kind
from bwv_device.evidence.store import Store
from hal import registry


def test_who_catches_up_finds_all_that_was_entered_before(tmp_path: Path) -> None:
    clock, store = registry.open_clock(), Store.open(tmp_path)
    ledger = device_ledger(Configuration(), clock, store)
    scribe = Scribe(store.journal, clock, ledger)
    for number in range(50):
        scribe.enter(Said(Kind.EVENT, {"note": "handled", "text": str(number)}))
    caught_up = threading.Thread(target=scribe.catch_up)
    caught_up.start()
    assert caught_up.is_alive(), "nothing is written yet"
    scribe.start()
    caught_up.join(30)
    with ledger.opened() as opened:
        assert opened.head.number >= 50
    scribe.close()
    ledger.close()
    store.close()
