"""One process that changes inputs of one kind, and keeps those that run new lines: Atheris, on the engine libFuzzer."""

from __future__ import annotations

import random
import resource
import sys
import time
from pathlib import Path

import atheris

from .state import State

_LONGEST = 1 << 20
_ADDRESS_SPACE = 12 << 30
_REPEAT = "PYTHONPATH=tests python -m fuzz --target {} --again"


def work(name: str, seed: int, deadline: float, folder: Path, corpus: Path) -> None:
    """Read inputs until a deadline (`time.time()`), then end the process."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with atheris.instrument_imports(include=["plate_runtime", "plate_devices", "plate_train"]):
        from .judge import judge, memory
        from .kinds import KINDS

        kind = KINDS[name]
        seeds = kind.seeds()
        current = folder / f"current{kind.suffix}"
        corpus.mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(seeds):
            (corpus / f"sound-{number:02}").write_bytes(content)
            current.write_bytes(content)
            judge(kind, current, 0)  # imports what is needed, so that it is instrumented and counts as at rest
    state, at_rest = State(folder), 0
    state.set("ready", 1)

    def one(content: bytes) -> None:
        nonlocal at_rest
        at_rest = at_rest or memory("VmRSS")  # with the tables of libFuzzer
        current.write_bytes(content)
        state.set("inputs", state.get("inputs") + 1)
        verdict = judge(kind, current, at_rest)
        if not kind.is_graph:
            state.set("peak", max(state.get("peak"), verdict.peak))
        state.set("aborts", state.get("aborts") + verdict.aborted)
        if verdict.what:
            place, said = verdict.place, verdict.said
            state.found(verdict.what, place, said, content, kind.suffix, _REPEAT.format(name))

    def change(content: bytes, longest: int, number: int) -> bytes:
        return kind.mutate(content or seeds[0], random.Random(number))[:longest]

    left = max(1, round(deadline - time.time()))
    options = {"seed": seed, "max_total_time": left, "max_len": _LONGEST, "timeout": 1_000_000, "rss_limit_mb": 0,
               "verbosity": 0, "handle_segv": 0, "handle_abrt": 0, "handle_bus": 0, "handle_ill": 0, "handle_fpe": 0,
               "handle_int": 0, "handle_term": 0, "handle_xfsz": 0}  # fmt: skip
    atheris.Setup([sys.argv[0], *(f"-{key}={value}" for key, value in options.items()), str(corpus)], one,
                  custom_mutator=change)  # fmt: skip
    atheris.Fuzz()


if __name__ == "__main__":
    work(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]), Path(sys.argv[5]))
