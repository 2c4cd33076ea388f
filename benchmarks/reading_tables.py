"""Tables of what the shipped models read, for `tables`: frames, crops and characters."""

from __future__ import annotations

from measuring import markdown, result_rows


def frames() -> str:
    """Whole frames: plates found, texts read by both readers and by one, and the mean cost of a frame."""
    table = [
        ["frames", "plates found", "texts read", "by `plate-reader-nano` alone", "CPU ms a frame", "one look alone"]
    ]
    for row in result_rows("second-looks"):
        plates, texts, found = (int(row[key]) for key in ("plates", "texts", "found_two_readers"))
        if not plates:
            continue
        rights = [int(row[f"read_{way}"]) for way in ("two_readers", "closer")]
        table.append([
            f"`{row['set']}`, {row['frames']}", f"{found} of {plates} ({found / plates:.1%})",
            *(f"{right} of {texts} ({right / texts:.1%})" if texts else "no texts in the set" for right in rights),
            *(f"{float(row[key]):.1f}" for key in ("cpu_ms_two_readers", "cpu_ms_once")),
        ])  # fmt: skip
    return markdown(table)


def default_mode() -> str:
    """Texts read without `--as` beside those of the mode that fits, and the mean cost of a picture."""
    table = [["pictures", "right with `--as`", "right without", "CPU ms with `--as`", "CPU ms without"]]
    for row in result_rows("default-mode"):
        rights = [f"{row[key]} of {row['texts']}" for key in ("right", "right_by_default")]
        if not int(row["texts"]):
            rights = ["no texts in the set"] * 2
        costs = [f"{float(row[key]):.1f}" for key in ("cpu_ms_mean", "cpu_ms_mean_by_default")]
        table.append([f"`{row['set']}`, `--as {row['fitting_mode']}`", *rights, *costs])
    return markdown(table)


def characters() -> str:
    """Single characters, read by the shipped int8 file in LiteRT."""
    table = [["characters", "right", "with O=0 and I=1"]]
    for row in result_rows("accuracy-characters"):
        if row["precision"] == "int8" and row["interpreter"].startswith("litert"):
            count, right, folded = (int(row[key]) for key in ("count", "right", "folded"))
            table.append([f"`{row['set']}`", f"{right:,} of {count:,}", f"{folded:,} ({folded / count:.1%})"])
    return markdown(table)


def crop_threshold() -> str:
    """Crops reported right and wrong by the least confidence, over the real sets of the half that only reports."""
    rows = [row for row in result_rows("crop-threshold") if row["half"] == "reported"]
    table = [["least confidence", "real crops right", "wrong", "synthetic crops right", "wrong"]]
    for threshold in dict.fromkeys(row["threshold"] for row in rows):
        cells = []
        for synthetic in (False, True):
            same = [
                one for one in rows if one["threshold"] == threshold and (synthetic == one["set"].startswith("syn"))
            ]
            right, wrong, count = (sum(int(one[key]) for one in same) for key in ("right", "wrong", "count"))
            cells += [f"{right} of {count}", str(wrong)]
        table.append([threshold, *cells])
    return markdown(table)


TABLES = {
    "frames": frames, "default-mode": default_mode, "characters": characters, "crop-threshold": crop_threshold,
}  # fmt: skip
