"""Pictures are cut out of a stream, wherever the network has cut it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plate_devices.sources import multipart
from plate_devices.sources.multipart import Chunks, FormatError, Parts, boundary_of


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ("multipart/x-mixed-replace; boundary=frame", "frame"),
        ('multipart/x-mixed-replace;boundary="--a b"; x=1', "a b"),
        ("multipart/x-mixed-replace; BOUNDARY = --frame ; charset=x", "frame"),
        ("multipart/x-mixed-replace", ""),
    ],
)
def test_the_boundary_is_found(header: str, boundary: str) -> None:
    assert boundary_of(header) == boundary


def cut(content: bytes, places: list[int]) -> list[bytes]:
    places = sorted({place % (len(content) + 1) for place in places})
    return [content[a:b] for a, b in zip([0, *places], [*places, len(content)], strict=True)]


pictures = st.lists(st.binary(min_size=1, max_size=60).map(lambda body: b"\xff\xd8" + body + b"\xff\xd9"), max_size=6)
places = st.lists(st.integers(0, 2000), max_size=12)


@given(pictures, places, st.booleans())
def test_whole_parts_come_out_however_the_bytes_come_in(bodies: list[bytes], places: list[int], said: bool) -> None:
    bodies = [body for body in bodies if b"--cut" not in body]
    stream = b"preamble\r\n"
    for body in bodies:
        length = f"Content-Length: {len(body)}\r\n".encode() if said else b""
        stream += b"--cut\r\nContent-Type: image/jpeg\r\n" + length + b"\r\n" + body + b"\r\n"
    parts = Parts("cut")
    found = [part for piece in cut(stream + b"--cut--\r\n", places) for part in parts.feed(piece)]
    assert found == bodies


@given(st.lists(st.binary(min_size=1, max_size=90), max_size=6), places)
def test_chunks_come_out_however_the_bytes_come_in(bodies: list[bytes], places: list[int]) -> None:
    stream = b"".join(f"{len(body):X}; a=b\r\n".encode() + body + b"\r\n" for body in bodies) + b"0\r\n\r\n"
    chunks = Chunks()
    assert b"".join(chunks.feed(piece) for piece in cut(stream, places)) == b"".join(bodies)
    assert chunks.ended


@given(st.lists(st.binary(max_size=400), max_size=30))
def test_anything_at_all_takes_bounded_memory(pieces: list[bytes]) -> None:
    parts, chunks = Parts("cut"), Chunks()
    for piece in pieces:
        try:
            list(parts.feed(piece))
            chunks.feed(piece)
        except FormatError:
            return
        assert len(parts._kept) <= multipart.LARGEST_PART + 400
        assert len(chunks._kept) <= multipart.LONGEST_HEADERS + 400


def test_what_has_no_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "LARGEST_PART", 5000)
    with pytest.raises(FormatError, match="headers without an end"):
        list(Parts("cut").feed(b"--cut\r\n" + b"A: b\r\n" * 2000))
    with pytest.raises(FormatError, match="more than"):
        list(Parts("cut").feed(b"--cut\r\nContent-Length: 6000\r\n\r\n"))
    with pytest.raises(FormatError, match="without the end"):
        list(Parts("cut").feed(b"--cut\r\n\r\n" + bytes(6000)))
    with pytest.raises(FormatError, match="damaged"):
        Chunks().feed(b"what is this\r\n")


def test_a_wrong_length_costs_a_picture_and_not_the_stream() -> None:
    one = b"--cut\r\nContent-Length: 500\r\n\r\nshort\r\n"
    good = b"--cut\r\nContent-Length: 4\r\n\r\ngood\r\n"
    found = list(Parts("cut").feed(one + good * 30))
    assert found[0] != b"short"
    assert found[-5:] == [b"good"] * 5
