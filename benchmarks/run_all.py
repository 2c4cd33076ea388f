"""Run benchmarks, one process each, so that none warms up another; all of them, or those that are named.

    python benchmarks/run_all.py                     # all of them; outages alone takes a quarter of an hour
    python benchmarks/run_all.py inference start     # two of them
    python benchmarks/plates.py --help               # what one of them can be asked besides

Each writes its results to benchmarks/results. The exit code is 1 where one of them failed.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from measuring import HERE, SHARED, command_line, one_of

BENCHMARKS = {
    "inference": "one network, batch 1, in every interpreter",
    "finding": "a whole frame outside the networks, step by step",
    "start": "from shell to answer: time and peak memory",
    "accuracy": "single characters, on real pictures",
    "plates": "who reads plates best, and at what cost, on real pictures",
    "live": "following and skipping in simulated drives",
    "false_plates": "plates reported in synthetic scenes without any",
    "corners": "how exact the corners of detected plates are, in synthetic scenes",
    "prior": "what the prior over texts gains, costs, and does to made-up words",
    "temperature": "how well confidences of crops fit, before and after the temperature is fitted again",
    "reporting_rule": "plates read against false plates, by rule and threshold",
    "crop_looks": "what second looks at crops bring and cost",
    "crop_threshold": "crops read right and misread, by the least confidence",
    "second_looks": "what second looks at frames bring and cost",
    "default_mode": "what the default mode costs beside the mode that fits",
    "learning_circle": "what the reader learns from 50 corrected plates, and what it forgets",
    "jobs": "frames a second by number of processes, beside RapidOCR",
    "history": "searches among a million events",
    "explain": "the cause that --explain names, for frames with one trouble each",
    "large_pictures": "what pictures of 50 megapixels, and those made to hurt, cost at most",
    "videos": "decoding films, beside OpenCV",
    "live_page": "what the live page costs while a browser shows it",
    "hostile_clients": "an honest client beside 200 hostile ones, on page and socket",
    "outputs": "what an event costs until every output has it",
    "actions": "from the frame to the pin, wrong pulses, and second pulses after kills",
    "directions": "directions of vehicles in simulated drives, right, wrong and unclear",
    "damaged_queues": "what is lost of 600 damaged queues of events",
    "shared_search": "a search for character networks with no, one and two workers",
    "outages": "what is held while cameras fall over for a quarter of an hour",
}
"""Scripts by their name, and what they show.

Not among them: `drive.py` takes twenty minutes of a machine for itself, `cameras.py` fifty, and `live.py film` shows
memory over ten minutes, which a soak does for hours. `fleet_capacity.py` needs three servers of apt, `archive.py` a
cluster of Ray. `chart.py` draws what `plates` measured. Soak and emulated boards need more than Python and are targets
of make; a row of devices.csv comes from `plate-doctor --bench --json` on a board.
"""

ON_REAL_PICTURES = (
    "accuracy",
    "plates",
    "prior",
    "temperature",
    "reporting_rule",
    "crop_looks",
    "crop_threshold",
    "second_looks",
    "default_mode",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0, or 1 where a benchmark failed."""
    parser = command_line(__doc__)
    shown = ", ".join(BENCHMARKS)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", type=one_of(BENCHMARKS), help=f"one of {shown}; all by default"
    )
    asked = parser.parse_args(arguments).names
    failed = []
    for name in asked or BENCHMARKS:
        if not asked and name in ON_REAL_PICTURES and not SHARED.is_dir():
            print(f"{name} is left out: no real pictures at {SHARED}", file=sys.stderr)
            continue
        print(f"{name}: {BENCHMARKS[name]}", file=sys.stderr, flush=True)
        if subprocess.run([sys.executable, str(HERE / f"{name}.py")], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
