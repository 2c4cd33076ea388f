"""An explanation as the JSON of `/steps`: the figures of `plate-infer --explain --json`, sentences, and pictures."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Any

from PIL import Image

from plate_devices.explain.as_picture import draw_frame
from plate_devices.explain.as_text import describe_candidate, outcome, overview, verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from plate_devices.explain.explanation import Candidate, Explanation

_WIDTH, _QUALITY = 960, 75


def steps_json(number: int, rgb: NDArray[np.uint8], explanation: Explanation, is_final: bool) -> bytes:
    """Return the JSON of an explained frame, RGB uint8 (h, w, 3).

    Args:
        number: of the explanation. is_final: whether the cause was looked for by reading the frame again.
    """
    described = explanation.describe()
    found = zip(described["candidates"], explanation.candidates, strict=True)
    return json.dumps(
        described
        | {
            "number": number,
            "final": is_final,
            "overview": list(overview(explanation)),
            "candidates": [figures | _shown(one) for figures, one in found],
            "outcome": list(outcome(explanation)),
            "picture": _data_url(draw_frame(rgb, explanation, _WIDTH)),
        }
    ).encode()


def _shown(one: Candidate) -> dict[str, Any]:
    crop = None if one.crop is None else _data_url(Image.fromarray(one.crop))
    return {
        "state": one.state,
        "title": one.title,
        "sentences": list(describe_candidate(one)),
        "verdict": verdict(one),
        "picture": crop,
    }


def _data_url(picture: Image.Image) -> str:
    """Return a picture as JPEG in a URL: so it belongs to the figures beside it, also when the next frame comes."""
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()
