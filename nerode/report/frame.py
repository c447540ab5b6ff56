"""What every page is made in: its scripts, styles, content security policy and templates."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

SCRIPTS = (
    "page.js",
    "near.js",
    "city_streets.js",
    "city_panel.js",
    "city.js",
    "player_words.js",
    "player_map.js",
    "player_drive.js",
    "game_words.js",
    "game_board.js",
    "player.js",
)
STYLES = ("style.css", "city.css", "player.css", "board.css", "chat.css")


def render_page(
    template: str,
    parts: Mapping[str, object],
    *,
    compiles: bool,
    scripts: Sequence[str] = (),
    styles: Sequence[str] = (),
) -> str:
    """A page as HTML.

    Parameters
    ----------
    template
        The file under `template/` that lays it out.
    parts
        What stands in it, by the names that it has there.
    compiles
        Whether scripts may compile code of their own, as Plotly does to draw with WebGL. Pages with
        maps need that; without it, Plotly says that there is no WebGL.
    scripts, styles
        Files that this page needs beside those that all have.
    """
    own = _script((*SCRIPTS, *scripts))
    plotly, script = (text.replace("\r\n", "\n") for text in (get_plotlyjs(), own))
    environment = Environment(
        loader=PackageLoader("nerode.report", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(
        parts,
        policy=_policy(plotly, script, compiles=compiles),
        style=Markup("".join(map(_own, (*STYLES, *styles)))),  # noqa: S704 - our own files
        plotly=Markup(plotly),  # noqa: S704 - Plotly's file
        script=Markup(script),  # noqa: S704 - our own files
    )


def _script(names: Sequence[str]) -> str:
    """Our scripts as one, which runs once the page is painted and Plotly is there."""
    return f"{_own('load.js')}nerode(() => {{\n{''.join(map(_own, names))}}});\n"


def _own(name: str) -> str:
    return (resources.files("nerode.report") / "template" / name).read_text(encoding="utf-8")


def _policy(*scripts: str, compiles: bool) -> str:
    """A content security policy under which these scripts run and nothing is fetched."""
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()) for text in scripts)
    allowed = " ".join(f"'sha256-{digest.decode()}'" for digest in hashes)
    allowed += " 'unsafe-eval'" if compiles else ""
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
