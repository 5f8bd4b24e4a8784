# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs in which looking for motion goes wrong, drawn by program, so the true inbetweens are known.

Each function takes a time in [0, 1] and gives the picture then: float32 [384, 640, 3 or 4] in [0, 1], alpha
premultiplied. `SETS` has six of each kind: overlays that stand still, fades, and patterns that repeat themselves.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from . import drawn

Picture = np.ndarray
Draw = Callable[[float], Picture]

_WIDTH, _HEIGHT = 640, 384
_FRACTION_BITS = 8  # of places in OpenCV
_PAN_PX = 24


def _floats(picture: Picture) -> Picture:
    return picture.astype(np.float32) / 255


def _landscape(left_px: float) -> Picture:
    """Hills, clouds and grass with shading and fine texture, seen from so many pixels further right; uint8."""
    noise = np.random.default_rng(5)
    y, x = np.mgrid[0:_HEIGHT, 0 : _WIDTH + 80].astype(np.float32)
    fine = cv2.GaussianBlur(noise.normal(0, 1, x.shape).astype(np.float32), (0, 0), 1.2)
    coarse = cv2.GaussianBlur(noise.normal(0, 1, x.shape).astype(np.float32), (0, 0), 24)
    sky = np.stack((0.45 + y / 900, 0.6 + y / 1100, 0.85 + 0 * y), -1) + 2.2 * coarse[..., None].clip(0)
    for base, colour, rough in ((200, (0.35, 0.5, 0.45), 0.12), (280, (0.25, 0.42, 0.15), 0.35)):
        ridge = base + 30 * np.sin(x / 71 + base) + 14 * np.sin(x / 23) + 90 * coarse
        edge = np.clip(y - ridge, 0, 1)[..., None]
        shade = 1 - 0.4 * np.clip((y - ridge) / 200, 0, 1) + rough * fine
        sky = sky * (1 - edge) + edge * shade[..., None] * np.array(colour)
    seen = cv2.warpAffine(sky, np.float32([[1, 0, -left_px], [0, 1, 0]]), (_WIDTH, _HEIGHT), flags=cv2.INTER_CUBIC)
    return (255 * seen.clip(0, 1)).round().astype(np.uint8)


def _text(picture: Picture) -> Picture:
    for colour, thick in (((10, 10, 10), 11), ((250, 250, 240), 4)):
        cv2.putText(picture, "Wait for me!", (130, 340), cv2.FONT_HERSHEY_DUPLEX, 1.9, colour, thick, cv2.LINE_AA)
    return picture


def _logo(picture: Picture) -> Picture:
    cv2.circle(picture, (570, 60), 40, (230, 40, 50), -1, cv2.LINE_AA)
    cv2.circle(picture, (570, 60), 25, (255, 255, 255), -1, cv2.LINE_AA)
    cv2.line(picture, (550, 60), (590, 60), (20, 30, 120), 6, cv2.LINE_AA)
    return picture


def _frame_line(picture: Picture) -> Picture:
    cv2.rectangle(picture, (20, 16), (_WIDTH - 21, _HEIGHT - 17), (20, 20, 20), 1)
    return picture


def _window(picture: Picture) -> Picture:
    for colour, thick in (((70, 50, 40), 24), ((160, 130, 90), 5)):
        cv2.rectangle(picture, (50, 40), (590, 330), colour, thick)
        cv2.line(picture, (320, 40), (320, 330), colour, thick)
    return picture


def _over_landscape(overlay: Callable[[Picture], Picture]) -> Draw:
    return lambda time: _floats(overlay(_landscape(_PAN_PX * time)))


def _over_shot(overlay: Callable[[Picture], Picture], seed: int) -> Draw:
    return lambda time: _floats(overlay(drawn.frame(seed, time).copy()))


def _sprite(left_px: float, top_px: float) -> Picture:
    """A head with transparency around, float32 [H, W, 4]."""
    picture = np.zeros((_HEIGHT, _WIDTH, 4), np.uint8)
    for radius, colour in ((64, (30, 22, 26, 255)), (60, (240, 190, 150, 255))):
        _disc(picture, left_px, top_px, radius, colour)
    for side in (-22, 22):
        _disc(picture, left_px + side, top_px - 8, 7, (30, 22, 26, 255))
    return _floats(picture)


def _disc(picture: Picture, x: float, y: float, radius: float, colour: tuple[int, ...]) -> None:
    one = 1 << _FRACTION_BITS
    centre = round(x * one), round(y * one)
    cv2.circle(picture, centre, round(radius * one), colour, -1, cv2.LINE_AA, _FRACTION_BITS)


def _over(sprite: Picture, ground: Picture) -> Picture:
    return sprite[..., :3] + (1 - sprite[..., 3:]) * ground


def _mixed(first: Picture, last: Picture) -> Draw:
    return lambda time: (first + (last - first) * np.float32(time)).astype(np.float32)


def _from_black() -> Draw:
    shot = _floats(drawn.frame(1, 0.3))
    return _mixed(np.zeros_like(shot), shot)


def _to_white() -> Draw:
    shot = _floats(_landscape(0))
    return _mixed(shot, np.ones_like(shot))


def _from_clear() -> Draw:
    sprite = _sprite(300, 190)
    return _mixed(np.zeros_like(sprite), sprite)


def _nightfall() -> Draw:
    shot = _floats(drawn.frame(4, 0.5))
    return _mixed(shot, shot * np.float32((0.35, 0.4, 0.6)))


def _title_appears() -> Draw:
    ground = _landscape(0)
    return _mixed(_floats(ground), _floats(_text(ground.copy())))


def _window_lights_up() -> Draw:
    """Part of the picture fades while something moves elsewhere."""

    def draw(time: float) -> Picture:
        ground = _floats(_landscape(0))
        glow = np.float32((1.0, 0.85, 0.4))
        ground[60:180, 60:200] += (glow - ground[60:180, 60:200]) * np.float32(0.8 * time)
        return _over(_sprite(400 + 60 * time, 200), ground)

    return draw


def _checker(time: float) -> Picture:
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH].astype(np.float32)
    wave = np.sin((x - 6 * time) * np.pi / 16) * np.sin(y * np.pi / 16)
    return np.repeat((0.5 + 0.42 * np.tanh(8 * wave))[..., None], 3, -1).astype(np.float32)


def _floor() -> Picture:
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH]
    tiles = np.where(((x // 24 + y // 24) % 2)[..., None], np.float32((0.8, 0.75, 0.65)), np.float32((0.45, 0.3, 0.25)))
    tiles[(x % 24 < 2) | (y % 24 < 2)] = 0.2
    return tiles.astype(np.float32)


def _head_over_floor(time: float) -> Picture:
    return _over(_sprite(250 + 90 * time, 190 - 20 * time), _floor())


def _dots(picture: Picture, left_px: float) -> Picture:
    """Screentone, as in a comic."""
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH].astype(np.float32)
    wave = np.cos((x - left_px) * 2 * np.pi / 12) + np.cos(y * 2 * np.pi / 12)
    return picture * (0.35 + 0.65 / (1 + np.exp(8 * (wave - 0.8))))[..., None].astype(np.float32)


def _screentone(time: float) -> Picture:
    return _over(_sprite(240 + 70 * time, 200), _dots(np.full((_HEIGHT, _WIDTH, 3), 0.95, np.float32), 0))


def _screentone_pans(time: float) -> Picture:
    return _over(_sprite(300, 190), _dots(np.full((_HEIGHT, _WIDTH, 3), 0.95, np.float32), 5 * time))


def _bricks(time: float) -> Picture:
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH].astype(np.float32)
    x = x + 10 * time
    row = np.floor(y / 20)
    along, down = (x + 20 * (row % 2)) % 40, y % 20
    mortar = np.clip(1.5 - np.minimum(np.minimum(along, 40 - along), np.minimum(down, 20 - down)), 0, 1)[..., None]
    return ((1 - mortar) * np.float32((0.6, 0.28, 0.2)) + mortar * np.float32((0.8, 0.78, 0.72))).astype(np.float32)


def _fence(time: float) -> Picture:
    """Bars that stand still before a landscape that pans."""
    picture = _landscape(14 * time)
    for left in range(10, _WIDTH, 40):
        cv2.rectangle(picture, (left, 0), (left + 9, _HEIGHT), (60, 45, 40), -1)
        cv2.line(picture, (left + 3, 0), (left + 3, _HEIGHT), (150, 130, 110), 2)
    return _floats(picture)


SETS: dict[str, dict[str, Draw]] = {
    "still overlays": {
        "text, rendered": _over_landscape(_text),
        "logo, rendered": _over_landscape(_logo),
        "window, rendered": _over_landscape(_window),
        "frame line, rendered": _over_landscape(_frame_line),
        "text, drawn": _over_shot(_text, 4),
        "frame line, drawn": _over_shot(_frame_line, 7),
    },
    "fades": {
        "from black": _from_black(),
        "to white": _to_white(),
        "from clear": _from_clear(),
        "nightfall": _nightfall(),
        "a title appears": _title_appears(),
        "a window lights up": _window_lights_up(),
    },
    "patterns": {
        "checker moves": _checker,
        "head over a floor": _head_over_floor,
        "head over screentone": _screentone,
        "screentone pans": _screentone_pans,
        "bricks pan": _bricks,
        "fence before a pan": _fence,
    },
}
