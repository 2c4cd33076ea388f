"""Scenes as they are shown: plates move with the picture, and those that are cut stop counting."""

from __future__ import annotations

import numpy as np
from small_scenes import small_shard

from plate_train.detector.augment import augmented
from plate_train.synthetic.random_source import RandomSource
from plate_train.synthetic.scenes.labels import PlateLabel, decode
from plate_train.synthetic.scenes.spec import SCENE_SPEC


def test_plates_stay_where_they_are_seen() -> None:
    pictures, texts = small_shard(3, 0, 30, SCENE_SPEC, "train")
    seen = 0
    for place, (picture, text) in enumerate(zip(pictures, texts, strict=True)):
        moved, labels = augmented(picture, decode(text), RandomSource(place))
        assert moved.shape == picture.shape
        assert moved.dtype == np.uint8
        for label in labels:
            if not label.required:
                continue
            x, y = label.corners.mean(axis=0)
            left = label.corners[[0, 3]].mean(axis=0) * 0.97 + np.array([x, y]) * 0.03
            outside = label.corners[[0, 3]].mean(axis=0) * 1.15 - np.array([x, y]) * 0.15
            inner = int(moved[round(float(left[1])), round(float(left[0]))])
            if 0 <= outside[0] < 640 and 0 <= outside[1] < 384:
                assert inner > int(moved[round(float(outside[1])), round(float(outside[0]))])
                seen += 1
    assert seen > 10


def test_cut_plates_are_ignored_and_those_outside_gone() -> None:
    picture = np.full((384, 640), 90, np.uint8)
    corner = PlateLabel(np.array([(600, 350), (639, 350), (639, 360), (600, 360)], np.float32), "X")
    kinds = set()
    for place in range(80):
        _, labels = augmented(picture, [corner], RandomSource(place))
        kinds.add("gone" if not labels else "required" if labels[0].required else "ignored")
        for label in labels:
            if label.required:
                assert label.corners.min() > -1
                assert label.corners[:, 0].max() < 641
    assert kinds == {"gone", "required", "ignored"}


def test_the_same_dice_change_the_same_way() -> None:
    pictures, texts = small_shard(1, 0, 1, SCENE_SPEC, "train")
    first, second = (augmented(pictures[0], decode(texts[0]), RandomSource(5)) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1][0].corners, second[1][0].corners)
