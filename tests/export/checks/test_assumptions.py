"""A network trained with other assumptions is refused, with the options that fit."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_glyphs import load_split

from plate_export.check_sets.labelled import Labelled
from plate_export.check_sets.load_check_set import load_check_set
from plate_export.checks import assumptions
from plate_export.checks.assumptions import Trial, assign, choose
from plate_export.checks.text_check import Limits, TextResult
from plate_export.class_names import parse_classes
from plate_export.command import export_command
from plate_export.source import Source, open_source
from plate_runtime.alphabet import ALPHABET
from plate_runtime.errors import AccuracyError
from plate_runtime.model import open_model
from plate_train.networks.weights_file import ModelMeta

LETTERS_FIRST = ALPHABET[10:] + ALPHABET[:10]
SHUFFLED = ALPHABET[::-1]
Save = Callable[..., Path]


@pytest.fixture
def save(keras: Any, network: Any, tmp_path: Path) -> Save:
    """Save the network that reads `data` as if it had been trained otherwise."""

    def written(
        *,
        scale: bool = False,
        inverted: bool = False,
        order: str = ALPHABET,
        centred: bool = False,
        noise: bool = False,
    ) -> Path:
        weights = [weight.copy() for weight in network.get_weights()]
        kernel, bias = weights[0], weights[1]
        if inverted:  # k (1 - x) + b = -k x + (b + sum k)
            weights[0], weights[1] = -kernel, bias + kernel.sum(axis=(0, 1, 2))
        if scale:
            weights[0] = weights[0] / 255
        places = [ALPHABET.index(character) for character in order]
        weights[-2], weights[-1] = weights[-2][:, places], weights[-1][places]
        if noise:
            weights = [np.random.default_rng(1).normal(0, 0.3, one.shape).astype(np.float32) for one in weights]
        changed = keras.models.clone_model(network)
        changed.set_weights(weights)
        changed.save(tmp_path / "mine.h5")
        return tmp_path / "mine.h5"

    return written


@pytest.fixture
def assumed() -> Source:
    """A network's description with the assumptions that are made if nothing is known, without the network."""
    return Source(Path("mine.h5"), "0" * 64, ModelMeta())


@pytest.mark.parametrize(
    ("made", "named"),
    [
        ({"scale": True}, "--scale 1"),
        ({"order": LETTERS_FIRST}, f"--classes {LETTERS_FIRST} (letters before digits)"),
        ({"order": SHUFFLED}, f"--classes {SHUFFLED}"),
        ({"scale": True, "order": LETTERS_FIRST}, f"--scale 1 --classes {LETTERS_FIRST} (letters before digits)"),
    ],
)
def test_what_would_fit_is_named_and_not_applied(
    save: Save, data: Path, tmp_path: Path, made: dict[str, Any], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AccuracyError) as refused:
        export_command([str(save(**made)), "--data", str(data), "--out", str(tmp_path / "out")])
    said = str(refused.value)
    assert f"with {named} it reads" in said, said
    assert "assumed of its input" in said and "train again" not in said and "\n" not in said
    assert not list((tmp_path / "out").glob("*")), "nothing is published"


def test_inverted_pictures_are_named(save: Save, data: Path, tmp_path: Path) -> None:
    """Cut tight, these pictures do not all show their polarity: either the option fits, or a layer that inverts all."""
    with pytest.raises(
        AccuracyError, match=r"with (--polarity|--scale 1 and Rescaling\(-1/255).* it reads 7[12] of 72"
    ):
        export_command([str(save(inverted=True)), "--data", str(data), "--out", str(tmp_path / "out")])


def test_the_named_options_export_the_network(save: Save, data: Path, tmp_path: Path) -> None:
    path, out = save(scale=True, order=LETTERS_FIRST), tmp_path / "out"
    options = shlex.split(f"--int8 --scale 1 --classes {LETTERS_FIRST}")
    assert export_command([str(path), "--data", str(data), "--out", str(out), *options]) == 0
    with open_model(next(out.glob("*.tflite"))) as model:
        assert (model.manifest.alphabet, model.manifest.input.scale) == (LETTERS_FIRST, 1.0)


def test_where_nothing_fits_the_pictures_are_in_doubt(save: Save, data: Path, tmp_path: Path) -> None:
    with pytest.raises(AccuracyError, match="no other scale, polarity or order") as refused:
        export_command([str(save(noise=True)), "--data", str(data), "--out", str(tmp_path / "out")])
    assert "train again" not in str(refused.value)


def test_colour_and_fewer_classes_reach_the_device(keras: Any, network: Any, data: Path, tmp_path: Path) -> None:
    """A British network of colour pictures with augmentation inside, from the `.keras` to the files."""
    british = [place for place, character in enumerate(ALPHABET) if character not in "IQ"]
    layers, weights = keras.layers, network.get_weights()
    weights[0] = np.repeat(weights[0], 3, axis=2) / 3
    weights[-2], weights[-1] = weights[-2][:, british], weights[-1][british]
    inside = keras.Sequential([layers.RandomRotation(0.05), layers.RandomContrast(0.1), layers.GaussianNoise(0.1)])
    made = keras.Sequential(
        [keras.Input((28, 28, 3)), inside, *[type(one).from_config(one.get_config()) for one in network.layers[:-1]],
         layers.Dense(34, "softmax")]
    )  # fmt: skip
    made.set_weights(weights)
    made.save(tmp_path / "mine.keras")
    for split in ("train", "val"):
        (tmp_path / "data" / split).mkdir(parents=True)
        for character in ALPHABET.replace("I", "").replace("Q", ""):
            (tmp_path / "data" / split / character).symlink_to(data / split / f"class_{character}")
    arguments = [str(tmp_path / "mine.keras"), "--data", str(tmp_path / "data"), "--out", str(tmp_path / "out")]
    assert export_command(arguments) == 0
    files = sorted(path for path in (tmp_path / "out").iterdir() if path.suffix in (".tflite", ".onnx"))
    assert len(files) == 4
    pictures = load_split(data)[1].pictures
    for path in files:
        with open_model(path) as model:
            assert model.manifest.alphabet == ALPHABET.replace("I", "").replace("Q", "")
            assert model.manifest.input.shape == (28, 28, 1)
            assert model.predict((pictures[:2, ..., None] / 255).astype(np.float32)).shape == (2, 34)


def test_the_fewest_changes_are_preferred() -> None:
    assumed, scale, all_changed = Trial((), 0, 30), Trial(("--scale 1",), 1, 99), Trial(("a", "b"), 2, 100)
    assert choose([assumed, scale, all_changed], 100) == scale
    assert choose([assumed, Trial(("--scale 1",), 1, 31)], 100) is None
    assert choose([Trial((), 0, 3), Trial(("--scale 1",), 1, 40)], 100) is None


def test_an_order_is_one_to_one_and_leaves_what_was_not_seen() -> None:
    assert assign([0, 0, 1, 1, 1], ["B", "B", "A", "A", "B"], "ABC") == "BAC"
    assert sorted(assign([2, 2, 2], ["A", "B", "C"], "ABC")) == ["A", "B", "C"]
    assert parse_classes([assign([], [], ALPHABET)]) == ALPHABET


def test_pixels_around_zero_are_tried(assumed: Source) -> None:
    def network(inputs: Any, training: bool) -> Any:
        """Reads "1" where pixels of -1 to 1 come, else "0"."""
        assert not training
        said = np.where(inputs.min(axis=(1, 2, 3)) < -0.9, np.where(inputs.max(axis=(1, 2, 3)) <= 1, 1, 0), 0)
        return np.eye(36)[said]

    pictures = np.zeros((4, 28, 28), np.uint8)
    pictures[:, 3] = 255
    best = choose(assumptions.try_out(network, assumed, {"": pictures}, ["1"] * 4), 4)
    assert best is not None and best.options == (assumptions.CENTRED,) and best.right == 4


def test_the_polarity_that_fits_is_named(assumed: Source) -> None:
    def network(inputs: Any, training: bool) -> Any:
        """Reads "1" in bright pictures, else "0"."""
        assert not training
        return np.eye(36)[(inputs.mean(axis=(1, 2, 3)) > 0.5 * inputs.max()).astype(int)]

    dark = np.zeros((4, 28, 28), np.uint8)
    dark[:, 3] = 255
    shown = {"": dark, "--polarity dark-on-light": 255 - dark, assumptions.INVERTED: 255 - dark}
    best = choose(assumptions.try_out(network, assumed, shown, ["1"] * 4), 4)
    assert best is not None and (best.options, best.changes) == (("--polarity dark-on-light",), 1)


def test_no_other_assumptions_are_tried_for_a_network_of_plate_train(own_h5: Path, data: Path) -> None:
    assert not open_source(own_h5).foreign
    assert load_check_set(open_source(own_h5).meta, data).val.texts[:2] == ["0", "0"]


class TestTrials:
    """Networks that read one picture in their own way, without a training."""

    PICTURES = np.zeros((10, 28, 28), np.uint8)

    def test_every_combination_is_tried_the_assumed_one_first(self, assumed: Source) -> None:
        seen: list[tuple[float, float, tuple[int, ...]]] = []

        def network(inputs: Any, training: bool) -> Any:
            seen.append((round(float(inputs.min()), 3), round(float(inputs.max()), 3), inputs.shape))
            return np.eye(36)[[0] * len(inputs)]

        pictures = self.PICTURES.copy()
        pictures[:, :14] = 255
        shown = {"": pictures, "--polarity any": pictures // 5, assumptions.INVERTED: pictures}
        trials = assumptions.try_out(network, assumed, shown, ["0"] * 10)
        assert [(trial.options, trial.changes) for trial in trials] == [
            ((), 0), (("--polarity any",), 1), ((assumptions.INVERTED,), 1), (("--scale 1",), 1),
            (("--scale 1", "--polarity any"), 2), ((assumptions.CENTRED,), 1),
            ((assumptions.CENTRED, "--polarity any"), 2),
        ]  # fmt: skip
        assert {trial.right for trial in trials} == {10}
        whole = (10, 28, 28, 1)
        assert seen == [
            (0, 1, whole), (0, 0.2, whole), (0, 1, whole), (0, 255, whole), (0, 51, whole), (-1, 1, whole),
            (-1, -0.6, whole),
        ]  # fmt: skip

    def test_many_pictures_come_in_batches_of_64(self, assumed: Source) -> None:
        sizes: list[int] = []

        def network(inputs: Any, training: bool) -> Any:
            sizes.append(len(inputs))
            return np.eye(36)[[len(sizes) % 2] * len(inputs)]

        (first, *_) = assumptions.try_out(network, assumed, {"": np.zeros((130, 28, 28), np.uint8)}, ["1"] * 130)
        assert sizes[:3] == [64, 64, 2]
        assert first.right == 66

    @pytest.mark.parametrize(("right", "named"), [(8, True), (7, False)])
    def test_another_order_needs_four_fifths(self, assumed: Source, right: int, named: bool) -> None:
        def network(inputs: Any, training: bool) -> Any:
            return np.eye(36)[[7] * right + [8] * (10 - right)]

        trials = assumptions.try_out(network, assumed, {"": self.PICTURES}, ["A"] * 10)
        ordered = [trial for trial in trials if any("--classes" in one for one in trial.options)]
        assert bool(ordered) == named
        if named:
            assert (ordered[0].changes, ordered[0].right) == (2, 8)
            (option,) = ordered[0].options
            order = option.split()[1]
            assert order[7] == "A" and sorted(order) == sorted(ALPHABET)
            assert option.endswith("(without pictures of " + ", ".join(ALPHABET.replace("A", "")) + ")")

    def judged(self, source: Source, right: int, *, limits: Limits, better: int = 0) -> str:
        """The refusal of a network that reads so many of 10 pictures, and `better` of dark ones; "" for none."""

        def network(inputs: Any, training: bool) -> Any:
            count = better if inputs.max() > 0 else right
            # What it reads wrongly is spread, so that no order of classes makes it right.
            return np.eye(36)[[0] * count + list(range(1, 11 - count))]

        labelled = Labelled(self.PICTURES, ["0"] * 10, [""] * 10)
        reference = TextResult(["0"] * 10, np.zeros((10, 36), np.float32), right, min(10, right + 1), right, 0.0)
        foreign = replace(source, notes=("a note", "scale 1/255 is assumed"))
        try:
            assumptions.judge(
                network, foreign, labelled, limits, reference=reference,
                load=lambda polarity: replace(labelled, pictures=self.PICTURES + 255),
            )  # fmt: skip
        except AccuracyError as error:
            return str(error)
        return ""

    def test_a_network_that_reads_enough_is_not_questioned(self, assumed: Source) -> None:
        assert self.judged(assumed, 9, limits=Limits(90), better=10) == ""
        assert self.judged(assumed, 8, limits=Limits(90, folded=True), better=10) == ""

    def test_the_options_that_fit_are_named_with_their_count(self, assumed: Source) -> None:
        said = self.judged(assumed, 2, limits=Limits(90), better=7)
        begin = f"nothing was published: {assumed.path.name} itself reads 2 of 10 (20.0 %), 90 % are needed; "
        assert said.startswith(f"{begin}scale 1/255 is assumed, classes {assumed.meta.alphabet}; with --polarity ")
        assert f"--polarity {assumed.meta.input.polarity}" not in said
        assert "it reads 7 of 10: if it was trained with them, export it with them" in said

    def test_where_nothing_fits_the_pictures_are_in_doubt_and_half_right_is_another_matter(
        self, assumed: Source
    ) -> None:
        said = self.judged(assumed, 4, limits=Limits(90), better=4)
        assert said.endswith(
            "no other scale, polarity or order of classes makes it read: look at how its pictures were cut, sized and "
            "labelled, and give it such pictures with --data"
        )
        assert self.judged(assumed, 5, limits=Limits(90), better=5) == ""


def test_a_better_trial_has_to_be_better_by_two_hundredths() -> None:
    assumed = Trial((), 0, 90)
    assert choose([assumed, Trial(("--scale 1",), 1, 92)], 100) is None
    assert choose([assumed, Trial(("--scale 1",), 1, 93)], 100) is not None
    fewest = [Trial(("a", "b"), 2, 99), Trial(("c",), 1, 98), Trial(("d",), 1, 97)]
    assert choose(fewest, 100) == fewest[1]
    assert choose([Trial(("--scale 1",), 1, 50)], 100) is not None
    assert choose([Trial(("--scale 1",), 1, 49)], 100) is None


def test_an_order_of_classes_is_named_with_what_is_known_of_it() -> None:
    assert assumptions._order_option(SHUFFLED, list(ALPHABET)) == f"--classes {SHUFFLED}"
    assert assumptions._order_option(LETTERS_FIRST, list(ALPHABET)) == (
        f"--classes {LETTERS_FIRST} (letters before digits)"
    )
    assert assumptions._order_option(LETTERS_FIRST, list(ALPHABET[2:])) == (
        f"--classes {LETTERS_FIRST} (letters before digits; without pictures of 0, 1)"
    )
