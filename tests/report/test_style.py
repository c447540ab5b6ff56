"""Colours of the page: told apart from their ground by everyone, in light and in dark."""

from __future__ import annotations

import re
from importlib import resources

import pytest

FOLDER = resources.files("nerode.report") / "template"
STYLE = (FOLDER / "style.css").read_text(encoding="utf-8")
BOARD = (FOLDER / "board.css").read_text(encoding="utf-8")
WRITTEN = ("ink", "quiet", "series-1", "series-2", "series-3")
GROUNDS = ("paper", "panel")


def palette(scheme: str, style: str = STYLE) -> dict[str, str]:
    """The variables of `:root`; in the dark those of the dark block instead."""
    light, dark = re.findall(r":root \{([^}]*)\}", style)
    chosen = light if scheme == "light" else dark
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6}|[0-9.]+);", chosen))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * part for w, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_as_wcag_defines_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("colour", WRITTEN)
def test_text_is_legible_on_every_ground(scheme: str, ground: str, colour: str) -> None:
    colours = palette(scheme)
    assert contrast(colours[colour], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_has_a_dark_twin(scheme: str) -> None:
    names = set(palette("light"))
    assert names >= {*WRITTEN, *GROUNDS, "rule", "street"}
    assert set(palette(scheme)) == names


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_numbers_are_legible_on_the_hottest_square(scheme: str, share: float) -> None:
    colours, board = palette(scheme), palette(scheme, BOARD)
    opacity = share * float(board["heat-most"])
    pairs = [
        (int(colours["series-1"][at : at + 2], 16), int(board["board"][at : at + 2], 16))
        for at in (1, 3, 5)
    ]
    mixed = "".join(f"{round(opacity * hot + (1 - opacity) * cold):02x}" for hot, cold in pairs)
    assert contrast(colours["ink"], f"#{mixed}") >= 4.5
    assert set(palette("light", BOARD)) == set(palette("dark", BOARD))
