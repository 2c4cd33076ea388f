"""Pictures are cut out of a stream, wherever the network has cut it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streams.pictures import jpeg

from plate_devices.sources import multipart
from plate_devices.sources.multipart import ChunkedDecoder, FormatError, MultipartParser


def cut(content: bytes, places: list[int]) -> list[bytes]:
    places = sorted({place % (len(content) + 1) for place in places})
    return [content[a:b] for a, b in zip([0, *places], [*places, len(content)], strict=True)]


def pieces(stream: bytes, places: list[int]) -> list[bytes]:
    parts = MultipartParser()
    return [part for piece in cut(stream, places) for part in parts.feed(piece)]


bodies = st.lists(st.integers(0, 200).map(jpeg), max_size=5)
places = st.lists(st.integers(0, 8000), max_size=12)
lengths = st.sampled_from(["right", "none", "zero", "short", "long", "huge", "negative"])
OTHER = b'{"motion":false}'


def part(body: bytes, length: str, line: bytes = b"--cut", end: bytes = b"\r\n", kind: bytes = b"image/jpeg") -> bytes:
    said = {
        "right": len(body),
        "zero": 0,
        "short": len(body) // 2,
        "long": len(body) + 300,
        "huge": 10**11,
        "negative": -4,
    }
    head = [line, b"Content-Type: " + kind] if kind else [line]
    if length != "none":
        head.append(b"Content-Length: %d" % said[length])
    return end.join(head) + end + end + body + end


@given(bodies, places, lengths, st.sampled_from([b"\r\n", b"\n"]), st.sampled_from([b"--cut", b"--a b=c;", b"--x--"]))
def test_pictures_come_out_whatever_is_around_them(
    bodies: list[bytes], places: list[int], length: str, end: bytes, line: bytes
) -> None:
    stream = b"preamble" + end + b"".join(part(body, length, line, end) for body in bodies) + line + b"--" + end
    assert pieces(stream, places) == bodies


@given(bodies, places, st.sampled_from(["right", "none", "short"]), st.sampled_from([b"\r\n", b"\n"]))
def test_what_is_no_picture_is_passed_over(bodies: list[bytes], places: list[int], length: str, end: bytes) -> None:
    other = [part(OTHER, length, end=end, kind=b"application/json"), part(b"", length, end=end, kind=b"text/plain")]
    stream = b"".join(part(body, "right", end=end) + b"".join(other) for body in bodies)
    assert pieces(stream, places) == bodies


FRAGMENTS = (
    *(b"\r\n", b"\n", b"\r", b"--", b"--\r\n", b"--frame", b"--frame\r\n", b"--" + b"y" * 199, b"x" * 250, b"abc"),
    *(b"Content-Type: image/jpeg\r\n", b"Content-Length: 7\r\n\r\n", b"Content-Length: 30\n\n"),
    *(b"\xff", b"\xd8", b"\xff\xd8\xff", b"\xff\xd9", b"\xff\xda\x00\x04ab", b"\x89PNG", b"IEND\xaeB\x60\x82"),
)


@settings(max_examples=400)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=14).map(b"".join), places)
def test_damaged_streams_give_the_same_however_they_are_cut(stream: bytes, places: list[int]) -> None:
    assert pieces(stream, places) == pieces(stream, [])


@pytest.mark.parametrize(
    "stream",
    [
        b"--\xff\xd8\xff\xe0\n\r\n\xff\xd8\xff\xd9--frame\r\n\r\n",
        b"x" * 100 + b"--frame\r\nContent-Type: image/png\r\n\r\n" + b"y" * 400 + b"\r\n--frame\r\n\r\n",
        b"--frame\r\nContent-Type: image/png\r\nContent-Length: 9\r\n\r\nabcdef\r\n--frame\r\n\r\n",
    ],
    ids=["a picture in the line of a boundary", "two dashes amid a line", "a length that ends in a boundary"],
)
def test_one_cut_anywhere_changes_nothing(stream: bytes) -> None:
    assert all(pieces(stream, [place]) == pieces(stream, []) for place in range(len(stream)))


@given(bodies, places, st.sampled_from([b"", b"\r\n", b"\0\0", b"--cut\r\n", b"--cut\r\n\r\n"]))
def test_no_boundary_and_no_headers_are_needed(bodies: list[bytes], places: list[int], between: bytes) -> None:
    assert pieces(b"".join(between + body for body in bodies), places) == bodies


def test_a_picture_without_its_end_is_cut_off_where_the_next_begins() -> None:
    good, bad = jpeg(1), jpeg(2)[:-200]
    for length in ("right", "none", "long"):
        found = pieces(part(good, "right") + part(bad, length) + part(good, "right"), [])
        assert (found[0], found[2]) == (good, good)
        assert found[1].startswith(bad)
        assert len(found[1]) < len(bad) + 8
    assert pieces(good + bad + good, []) == [good, bad, good]


def test_a_preview_within_a_picture_is_not_its_end() -> None:
    small = jpeg(3)
    within = jpeg(1)[:2] + b"\xff\xe1" + (len(small) + 2).to_bytes(2, "big") + small + jpeg(1)[2:]
    assert pieces(within + within, [5, 400, 900]) == [within, within]


def test_png_is_given_where_the_server_says_so() -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(50) + b"IEND\xaeB`\x82"
    for length in ("right", "none", "short", "long"):
        assert pieces(part(png, length, kind=b"image/png") * 3, [70])[:2] == [png, png]
    assert pieces(part(png, "right", kind=b"application/x") * 3, [70]) == []


def test_what_is_called_a_picture_and_is_none_is_given() -> None:
    assert pieces(part(b"%!PS-Adobe-3.0", "right") + part(jpeg(1), "right"), []) == [b"%!PS-Adobe-3.0", jpeg(1)]


@given(st.lists(st.binary(min_size=1, max_size=90), max_size=6), places)
def test_chunks_come_out_however_the_bytes_come_in(bodies: list[bytes], places: list[int]) -> None:
    stream = b"".join(f"{len(body):X}; a=b\r\n".encode() + body + b"\r\n" for body in bodies) + b"0\r\n\r\n"
    chunks = ChunkedDecoder()
    assert b"".join(chunks.feed(piece) for piece in cut(stream, places)) == b"".join(bodies)
    assert chunks.ended


@given(st.lists(st.binary(max_size=400), max_size=30))
def test_anything_at_all_takes_bounded_memory(pieces: list[bytes]) -> None:
    parts, chunks = MultipartParser(), ChunkedDecoder()
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
    with pytest.raises(FormatError, match="endless headers"):
        list(MultipartParser().feed(b"--cut\r\n" + b"A: b\r\n" * 2000))
    for content in (b"--cut\r\n\r\n" + bytes(6000), b"--cut\r\n\r\n\xff\xd8\xff\xda\0\2" + bytes(6000)):
        with pytest.raises(FormatError, match="without the end"):
            list(MultipartParser().feed(content))
    with pytest.raises(FormatError, match="damaged"):
        ChunkedDecoder().feed(b"what is this\r\n")
