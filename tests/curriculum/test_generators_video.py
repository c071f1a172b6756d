"""The drawn answers about video, by folding real tensors and counting frames."""

from __future__ import annotations

import pytest
import torch

from tests.curriculum.drawings import drawings, integers, numbers


def test_spatial_layers_see_every_frame_as_an_image_of_the_batch() -> None:
    for drawn in drawings("spatial_batch_shape", 50):
        batch, frames, channels, height, width = integers(drawn, "B", "T", "C", "H", "W")
        video = torch.empty(batch, frames, channels, height, width, device="meta")
        assert drawn.answer == list(video.flatten(0, 1).shape)


def test_temporal_layers_see_every_place_as_a_sequence() -> None:
    for drawn in drawings("temporal_tokens_shape", 50):
        batch, frames, channels, height, width = integers(drawn, "B", "T", "C", "H", "W")
        video = torch.empty(batch, frames, channels, height, width, device="meta")
        assert drawn.answer == list(video.permute(0, 3, 4, 1, 2).flatten(0, 2).shape)


def test_text_and_image_tokens_stand_in_one_row() -> None:
    for drawn in drawings("token_sequence"):
        size, factor, text = integers(drawn, "size", "f", "text")
        places = [(y, x) for y in range(0, size, factor) for x in range(0, size, factor)]
        assert drawn.answer == text + len(places)


def test_new_frames_come_between_neighbours_only() -> None:
    for drawn in drawings("video_steps_frames"):
        frames, stages, between = integers(drawn, "n", "k", "m")
        row = ["frame"] * frames
        for _ in range(stages):
            row = [frame for old in row[:-1] for frame in (old, *["new"] * between)] + row[-1:]
        assert drawn.answer == len(row)


def test_the_clean_value_gives_back_the_noisy_one_and_the_velocity() -> None:
    for drawn in drawings("clean_from_velocity"):
        signal, noise, value, velocity = numbers(drawn, "a", "s", "z", "v")
        assert isinstance(drawn.answer, float)
        epsilon = (value - signal * drawn.answer) / noise
        assert signal * epsilon - noise * drawn.answer == pytest.approx(velocity)


def test_the_blend_lies_that_share_of_the_way_towards_the_spatial_layer() -> None:
    for drawn in drawings("temporal_blend"):
        share, spatial, temporal = numbers(drawn, "a", "x", "y")
        assert drawn.answer == pytest.approx(temporal + share * (spatial - temporal))
