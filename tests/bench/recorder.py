"""The recorder: CPU against ffmpeg and over BGR, button to disk, peers, memory, start."""

import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench.recorder_chart import draw_chart
from tests.bench.recorder_cpu import Pair, cpu_rows, run_pairs
from tests.bench.recorder_footage import HD, SIZES, SMALL, Size, memory_folder, write_sound
from tests.bench.recorder_memory import Held, measure_rings, memory_rows
from tests.bench.recorder_peers import EVENTS, Runs, peer_rows, run_peers
from tests.bench.recorder_roads import roads_rows
from tests.bench.recorder_start import start_rows
from tests.bench.recorder_trigger import trigger_rows
from tests.bench.report import Row, emit, options

PARTS = ("cpu", "roads", "trigger", "peers", "memory", "start")
_SPARE_SOUND_S, _SMALL_S = 5, 20.0


def main() -> int:
    """Measure what was asked for; the exit code is 0 when every limit holds."""
    parser = options(__doc__)
    parser.add_argument("--seconds", type=float, default=60.0,
                        help="of footage in each CPU run (%(default)s)")  # fmt: skip
    parser.add_argument("--pairs", type=int, default=3, help="of CPU runs (%(default)s)")
    parser.add_argument("--triggers", type=int, default=200, help="presses (%(default)s)")
    parser.add_argument("--events", type=int, default=EVENTS,
                        help="of each approach among the peers (%(default)s)")  # fmt: skip
    parser.add_argument("--only", choices=PARTS, action="append", help="this part; repeatable")
    parser.add_argument("--chart", type=Path, help="draw memory and CPU into this PNG")
    args = parser.parse_args()
    wanted = set(PARTS) if args.chart else set(args.only or PARTS)
    rows: list[Row] = []
    pairs: dict[Size, list[Pair]] = {}
    rings: list[Held] = []
    others: dict[Size, Runs] = {}

    def cpu() -> list[Row]:
        pairs.update(_pairs(args.seconds, args.pairs, with_small=bool(args.chart)))
        return [row for size in SIZES for row in cpu_rows(size, pairs[size])]

    def peers() -> list[Row]:
        for size in SIZES if args.chart else (HD,):
            others[size] = run_peers(size, args.events)
        return [row for size, runs in others.items() for row in peer_rows(runs, size)]

    def memory() -> list[Row]:
        rings.extend(measure_rings())
        return memory_rows(rings)

    parts: dict[str, Callable[[], list[Row]]] = {
        "cpu": cpu,
        "roads": roads_rows,
        "trigger": lambda: trigger_rows(args.triggers),
        "peers": peers,
        "memory": memory,
        "start": start_rows,
    }
    for name, measure in parts.items():
        if name in wanted:
            print(f"measuring {name} ...", file=sys.stderr, flush=True)
            rows += measure()
    if args.chart:
        draw_chart(args.chart, rings, pairs, others)
    return emit("recorder", rows, as_json=args.json)


def _pairs(seconds_s: float, pairs: int, *, with_small: bool) -> dict[Size, list[Pair]]:
    with memory_folder() as folder:
        sound = write_sound(seconds_s + _SPARE_SOUND_S, folder)
        done = {size: run_pairs(size, folder, sound, seconds_s, pairs) for size in SIZES}
        if with_small:
            done[SMALL] = run_pairs(SMALL, folder, sound, min(seconds_s, _SMALL_S), pairs)
    return done


if __name__ == "__main__":
    sys.exit(main())
