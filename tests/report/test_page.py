"""The page as HTML: its structure, its escaping, and that nothing in it asks a network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from nerode.errors import FormatError, InvalidParameter, MissingFile
from nerode.report.page import write_report
from nerode.report.rows import DASH
from tests.report import sample
from tests.report.from_json import render, verdict

EVIL = """</script><script>alert(1)</script><img src=x onerror=alert(1)>"'`{{ 7 * 7 }}"""
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Elements, text and scripts of a page; an element left open or closed twice is an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["script"]:
            self.scripts[-1] += data
        elif self._open[-1:] != ["style"]:
            self.text += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and all(attributes.get(key) == wanted[key] for key in wanted)
        ]

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


@pytest.fixture(scope="module")
def html() -> str:
    return render([sample.record()])


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


@pytest.mark.slow
def test_landmarks_headings_and_language(page: Page) -> None:
    for tag in ("main", "header", "footer", "h1"):
        assert len(page.all(tag)) == 1, tag
    assert page.all("html", lang="en")
    assert page.all("meta", name="viewport")


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2])
def test_no_level_of_headings_is_left_out(count: int) -> None:
    tags = [tag for tag, _ in Page(render([sample.record()] * count)).elements]
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.slow
def test_the_map_names_whose_data_it_is() -> None:
    record = sample.record()
    assert "Map:" not in Page(render([record])).words
    record["drawing"]["attribution"] = "(c) <b>people</b>"
    assert Page(render([record])).words.count("Map: (c) <b>people</b>") == 2


@pytest.mark.slow
def test_the_verdict_stands_on_top(page: Page) -> None:
    told = verdict(sample.record())
    assert told in page.words
    assert page.words.index(told) < page.words.index("Beside the baselines")


def test_ids_are_unique_and_every_reference_has_its_target(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        for name in ("href", "aria-labelledby"):
            if attributes.get(name):
                assert str(attributes[name]).removeprefix("#") in ids


def test_the_table_has_headers_with_scope(page: Page) -> None:
    assert all(attributes.get("scope") for attributes in page.all("th"))
    for text in ("midtown-shortest", "oracle", "uniform", "ngram:3", "noisy-oracle:0.1"):
        assert text in page.words
    assert f"legal 0.998 0.995{DASH}0.999 1 0.998{DASH}1 0.260" in page.words
    assert "n 497, 3 skipped" in page.words


@pytest.mark.slow
def test_what_is_undefined_and_what_was_not_measured_are_told_apart() -> None:
    record = sample.record()
    record["metrics"] = {"compression": {"precision": sample.share(None, skipped=4)}}
    record["baselines"] = {"oracle": sample.oracle(), "uniform": {}}
    words = Page(render([record])).words
    told = f"precision {DASH} undefined n 0, 4 skipped 1 0.993{DASH}1 not measured"
    assert told in words
    assert "A dash is undefined" in words


@pytest.mark.slow
def test_what_no_baseline_was_asked_for_is_said_once_and_the_model_told() -> None:
    record = sample.record()
    record["metrics"]["reconstruction"] = {
        name: sample.share(value) for name, value in (("valid", 0.75), ("given_up", 0.05))
    }
    page = Page(render([record]))
    assert "walkable 0.750 0.710" in page.words
    assert "given up 0.050 no interval" in page.words, "nor where an older record has one"
    assert "No interval for given up: of all sequences together" in page.words
    assert page.words.count("no baseline was asked for this") == 2
    assert "not measured" not in page.words
    assert "1 is perfect, for disagreement and given up 0." in page.words
    assert "1 is perfect, for disagreement 0." in Page(render([sample.record()])).words


def test_contradictions_are_drawn_and_told(page: Page) -> None:
    assert len(page.all("svg", **{"class": "map"})) == 7  # two of the five have two
    assert all(attributes["aria-label"] for attributes in page.all("svg", role="img"))
    assert "legal after both; the model accepts it after route 1 only" in page.words
    assert "p = 0.0003" in page.words
    assert "18St&3Av to 25St&13Av: E E N" in page.words
    assert len(page.all("use", href="#plan-0")) == 7
    assert len(page.all("path", id="plan-0")) == 1


@pytest.mark.slow
def test_longer_contradictions_are_folded_away() -> None:
    record = sample.record()
    record["witnesses"]["compression"] *= 4
    folded = Page(render([record]))
    assert "8 longer ones" in folded.words
    assert len(folded.all("svg", **{"class": "map"})) == 16


@pytest.mark.slow
def test_a_world_without_a_map_tells_contradictions_as_text() -> None:
    record = sample.record() | {"drawing": None, "world": "connect-four:rows=3"}
    for witnesses in record["witnesses"].values():
        for witness in witnesses:
            for path in ("path1", "path2", "path"):
                del witness[path]
    page = Page(render([record]))
    assert not page.all("svg", **{"class": "map"})
    assert "legal after both; the model accepts it after history 1 only" in page.words
    assert "18St&3Av 25St&13Av E E N" in page.words
    assert "route" not in page.words.replace("two routes", "").lower()


def test_figures_stand_in_the_page_as_data(page: Page) -> None:
    assert len(page.scripts) == 3
    figures = json.loads(page.scripts[0])["figures"]
    shown = ["detours", "lengths", "survival", "thresholds"]
    assert list(figures) == [f"run-1-{name}" for name in shown]
    assert all(page.all("div", id=name) for name in figures)


def test_the_drawing_library_waits_until_the_page_is_painted(page: Page) -> None:
    assert page.all("script", id="nerode-plotly", type="text/plain")
    assert [bool(script.get("type")) for script in page.all("script")] == [True, True, False]
    own = page.scripts[2]
    assert own.index("requestAnimationFrame") < own.index("nerode(() =>") < own.index("Plotly.")


@pytest.mark.slow
def test_without_curves_no_plotly() -> None:
    record = sample.record() | {"curves": {}, "lengths": {}}
    del record["metrics"]["detours"]
    html = render([record])
    assert len(html) < 200_000
    assert len(Page(html).scripts) == 1


@pytest.mark.slow
def test_several_runs_one_plan_and_a_comparison(html: str) -> None:
    other = sample.record("midtown-random")
    other["metrics"]["compression"]["precision"] = sample.share(0.62)
    several = render([sample.record(), other, sample.record()])
    page = Page(several)
    assert "3 runs compared" in page.words
    assert "The runs side by side" in page.words
    for name in ("1 · midtown-shortest on midtown", "3 · midtown-shortest on midtown"):
        assert name in page.words
    assert f"precision 0.370 0.328{DASH}0.414 n 497, 3 skipped 0.620" in page.words
    assert len(page.all("section", **{"class": "run"})) == 3
    assert len(page.all("path", id="plan-0")) == 1
    assert not page.all("path", id="plan-1")
    assert len(json.loads(page.scripts[0])["figures"]) == 12
    assert len(several) < len(html) + 400_000  # Plotly comes once
    assert "The runs side by side" not in html


def test_nothing_is_asked_of_a_network(page: Page, html: str) -> None:
    for tag, attributes in page.elements:
        assert tag not in {"link", "iframe", "img", "object", "embed", "base", "form"}
        assert not {"src", "action", "srcset", "data", "style"} & attributes.keys(), tag
        assert str(attributes.get("href", "#")).startswith("#")
    style = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert "MathJax" not in page.scripts[2]
    assert len(html.encode()) < 8_000_000


def test_the_policy_lets_these_scripts_run_and_no_other(page: Page) -> None:
    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    content = str(policy["content"])
    assert "default-src 'none'" in content
    for script in page.scripts[1:]:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in content
    assert "'unsafe-inline'" not in content[: content.index("style-src")]
    assert "unsafe-eval" not in content


def _poisoned(node: Any, text: str) -> Any:
    """The same record with every text in it, keys of free choice included, replaced."""
    if isinstance(node, dict):
        return {key: _poisoned(child, text) for key, child in node.items()}
    if isinstance(node, list):
        return [_poisoned(child, text) for child in node]
    return text if isinstance(node, str) else node


def poisoned_record() -> dict[str, Any]:
    record: dict[str, Any] = _poisoned(sample.record(), EVIL)
    record["drawing"]["kind"] = "street-map"
    record["metrics"][EVIL] = {EVIL: sample.share(0.5)}
    record["metrics"]["detours"]["random"][EVIL] = sample.share(0.5)
    record["curves"]["compression"][EVIL] = record["curves"]["compression"]["precision"]
    record["left_out"] = {EVIL: EVIL}
    for field in ("baselines", "versions", "parameters", "skipped"):
        record[field][EVIL] = next(iter(record[field].values()))
    record["parameters"]["epsilon"] = 0.01
    return record


def _strings(node: Any) -> Iterable[str]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    yield from (text for child in children for text in _strings(child))
    if isinstance(node, str):
        yield node


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 2])
def test_text_from_data_stays_text(count: int) -> None:
    html = render([poisoned_record()] * count)
    page = Page(html)
    assert len(page.scripts) == 3
    assert not page.all("img")
    assert not any("onerror" in attributes for _, attributes in page.elements)
    assert EVIL in page.text
    assert "alert(1)" not in page.scripts[1] + page.scripts[2]
    assert not re.search("[<>&']", page.scripts[0])
    shown = [text for text in _strings(json.loads(page.scripts[0])) if "alert" in text]
    assert shown
    assert not any("<" in text for text in shown)


@pytest.mark.slow
def test_what_a_run_did_not_measure_is_said_in_the_comparison() -> None:
    other = sample.record("other")
    del other["metrics"]["traversal"]
    words = Page(render([other, sample.record()])).words
    assert "valid not measured 0.960" in words


def headings(*records: Any) -> list[str]:
    """What the runs are called, in their headings and in the comparison alike."""
    page = Page(render(list(records)))
    found = [str(s["aria-label"]) for s in page.all("section", **{"class": "run"})]
    for heading in found:
        assert page.words.count(heading) >= 3  # the list on top, the comparison, the run
    return found


@pytest.mark.slow
def test_runs_of_one_model_are_told_apart_by_how_they_were_measured() -> None:
    plain = sample.record()
    name = "midtown-shortest on midtown"
    paper = plain | {"protocol": "paper"}
    assert headings(plain, paper) == [f"{name} · protocol exact", f"{name} · protocol paper"]
    many = plain | {"parameters": plain["parameters"] | {"trials": 9}, "seed": 4}
    trials = plain["parameters"]["trials"]
    assert headings(plain, sample.record("other"), many) == [
        f"{name} · seed 0 · trials {trials}",
        "other on midtown",
        f"{name} · seed 4 · trials 9",
    ]
    assert headings(plain, plain) == [f"1 · {name}", f"2 · {name}"]
    elsewhere = plain | {"model": f"elsewhere/{plain['model']}"}
    assert headings(plain, elsewhere)[1] == f"{name} · model elsewhere/{plain['model']}"


@pytest.mark.slow
def test_write_report(tmp_path: Path) -> None:
    run = sample.write_run(tmp_path / "run", sample.record())
    out = tmp_path / "new" / "report.html"
    write_report([run], out)
    assert out.read_text(encoding="utf-8") == render([sample.record()])


def test_write_report_refuses_before_it_writes(tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    good = sample.write_run(tmp_path / "good", sample.record())
    bad = sample.write_run(tmp_path / "bad", sample.record() | {"schema": 2})
    with pytest.raises(FormatError, match="bad"):
        write_report([good, bad], out)
    with pytest.raises(MissingFile, match="none"):
        write_report([good, tmp_path / "none"], out)
    with pytest.raises(InvalidParameter, match="at least one run"):
        write_report([], out)
    assert not out.exists()
