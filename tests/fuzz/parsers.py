"""Fuzzes one target, led by the branches that inputs take: `python -m tests.fuzz.parsers ...`.

Run by the long test, as a process of its own for each target: atheris ends the process at the first
input that breaks something, runs too long or takes too much memory, and writes that input down.
Arguments: TARGET, a folder for the corpus, a folder for what is found, SECONDS, SEED.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["bwv_device", "dock_server"]):
    from tests.fuzz.targets import TARGETS

INPUT_S, MEMORY_MB, INPUT_MAX_BYTES = 20, 2048, 1 << 17


def main(name: str, corpus: Path, found: Path, seconds: int, seed: int) -> None:
    """Fuzz; does not return, libFuzzer ends the process."""
    target = TARGETS[name]
    for number, data in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(data)
    options = {
        "max_total_time": seconds,
        "seed": seed,
        "timeout": INPUT_S,
        "rss_limit_mb": MEMORY_MB,
        "max_len": INPUT_MAX_BYTES,
        "artifact_prefix": f"{found}/",
        "print_final_stats": 1,
        "verbosity": 0,
    }
    flags = [f"-{key}={value}" for key, value in options.items()]
    atheris.Setup([sys.argv[0], *flags, str(corpus)], target)
    atheris.Fuzz()


if __name__ == "__main__":
    _, asked, kept, broken, for_s, number = sys.argv
    main(asked, Path(kept), Path(broken), int(for_s), int(number))
