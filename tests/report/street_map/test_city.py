"""The views of reconstructions: what is told of them, and what the page's script draws."""

from __future__ import annotations

import pytest
from msgspec import structs

from nerode.report.rows import DASH
from nerode.report.street_map import city
from nerode.report.street_map.city import HEADING
from nerode.schema.drawing import BoardDrawing, MapDrawing
from tests.report import sample, sample_city
from tests.report.from_json import (
    check_record,
    city_views,
    render,
    score_table,
    sentence,
    strangest,
    typed,
)
from tests.report.sample import Json
from tests.report.test_page import Page

HOSTILE = "<script>window.ran = 1</script>"


def plain(text: str) -> str:
    return text.replace(DASH, "-")


def other_map() -> Json:
    record = sample_city.record("other") | {"world": "uptown"}
    return record | {"drawing": record["drawing"] | {"nodes": record["drawing"]["nodes"][::-1]}}


def test_runs_without_a_reconstruction_have_no_map() -> None:
    assert city_views([sample.record()], ["a"]) == ()


def test_what_is_no_street_map_is_not_drawn() -> None:
    record = typed(sample_city.record())
    for drawing in (BoardDrawing(size=1, squares=["a1"]), None):
        assert city.city_views([structs.replace(record, drawing=drawing)], ["a"]) == ()
    assert len(city.city_views([record], ["a"])) == 1


def test_one_run_stands_beside_the_true_map() -> None:
    (view,) = city_views([sample.record("without"), sample_city.record()], ["without", "with"])
    assert view.choices == ("The true map", "with")
    assert [panel.shows for panel in view.panels] == [0, 1]
    assert view.heading == HEADING


def test_runs_on_one_map_stand_side_by_side() -> None:
    records = [sample_city.record(name) for name in "abc"]
    (view,) = city_views(records, ["a", "b", "c"])
    assert view.choices == ("The true map", "a", "b", "c")
    assert [panel.shows for panel in view.panels] == [1, 2]
    assert [run.title for run in view.reconstructions] == ["a", "b", "c"]
    assert len(view.data["lat"]) == sample.WIDTH * sample.HEIGHT
    assert len(view.data["runs"]) == 3


def test_each_map_has_a_view_of_its_own() -> None:
    titles = ["a on midtown", "b on uptown", "c on midtown · seed 1"]
    views = city_views([sample_city.record(), other_map(), sample_city.record("c")], titles)
    assert [view.choices[1:] for view in views] == [("a", "c · seed 1"), ("b",)]
    assert [view.heading for view in views] == [f"{HEADING} · midtown", f"{HEADING} · uptown"]
    assert len({view.id for view in views} | {view.panels[0].id for view in views}) == 4


def test_the_script_gets_every_street_as_it_stands_in_the_record() -> None:
    record = sample_city.record()
    (view,) = city_views([record], ["a"])
    (run,) = view.data["runs"]
    streets = record["reconstruction"]["streets"]
    kinds = {"t": "true", "n": "new", "u": "unused"}
    assert [kinds[kind] for kind in run["kind"]] == streets["kind"]
    assert [run["labels"][label] for label in run["label"]] == streets["label"]
    assert [run["reasons"][why] for why in run["why"]] == streets["why"]
    assert run["reasons"][0] == ""  # the script counts those above 0 as impossible
    for key in ("from", "to", "first", "uses", "metres"):
        assert run[key] == streets[key]
    assert run["gaveUp"] == sample_city.GAVE_UP


def test_places_are_kept_to_a_tenth_of_a_metre_and_nameless_nodes_have_numbers() -> None:
    record = typed(sample_city.record())
    assert isinstance(record.drawing, MapDrawing)
    drawing = structs.replace(record.drawing, names=record.drawing.names[:3])
    (view,) = city.city_views([structs.replace(record, drawing=drawing)], ["a"])
    nodes = drawing.nodes
    assert view.data["lat"] == [pytest.approx(lat, abs=6e-7) for lat, _ in nodes]
    assert view.data["lon"] == [pytest.approx(lon, abs=6e-7) for _, lon in nodes]
    assert max(len(str(value)) for value in view.data["lon"]) <= len("-74.123456")
    assert view.data["names"][:4] == ["10St&1Av", "10St&2Av", "10St&3Av", "node 3"]
    assert len(view.data["names"]) == len(nodes)


def told(**counts: int) -> str:
    found = sample_city.reconstruction()
    found["counts"] |= counts
    return sentence(found | {"noise": []})


def test_the_sentence_says_what_had_to_be_invented_and_what_noise_needs() -> None:
    assert plain(sentence(sample_city.reconstruction())) == (
        "To make its 40 sequences walkable, 8 streets had to be invented, 5 of which cannot exist; "
        "even so 4 were given up. Mere noise with as many valid sequences needs 20 (18-22)."
    )


def test_the_sentence_says_what_the_order_does_and_what_slips_explain() -> None:
    found = sample_city.in_order("valid-first")
    start = (
        "To make its 40 sequences walkable, 8 streets had to be invented (in random orders 9, "
        "8-10), 5 of which cannot exist; even so 4 were given up. Mere noise with as many valid "
        "sequences needs 20 (18-22). "
    )
    assert plain(sentence(found)) == (
        f"{start}That is fewer than slips of the pen come to, but more are given up than with such "
        "slips (2)."
    )
    found["counts"]["given_up"] = 2
    assert plain(sentence(found)).endswith("That is fewer than slips of the pen come to.")
    found["counts"] |= {"new": 19, "given_up": 2}
    assert plain(sentence(found)).endswith(
        "By their number they cannot be told from slips of the pen."
    )
    found["counts"] |= {"new": 23, "given_up": 3}
    assert plain(sentence(found)).endswith(
        "more than slips of the pen come to, and more are given up than with such slips (2)."
    )
    found["parameters"]["order"] = "given"
    assert plain(sentence(found)).endswith("needs 20 (18-22).")


def test_means_over_orders_take_the_place_of_the_map_that_is_drawn() -> None:
    found = sample_city.in_order("mean", new=12.0)
    assert plain(sentence(found)).startswith(
        "To make its 40 sequences walkable, 12 streets had to be invented on average (11-13 in 50 "
        "random orders), 6 of which cannot exist; even so 2 were given up."
    )
    table = score_table(found)
    assert [(column.value, column.aside) for column in table.columns[:2]] == [
        ("the model", "mean of 50 orders"),
        ("noise, as many valid", "0.53 % of turns"),
    ]
    own = {row.label: (plain(row.cells[0].value), plain(row.cells[0].aside)) for row in table.rows}
    assert own["Streets invented"] == ("12", "11-13")
    assert own["Sequences given up"] == ("5.0 %", "4.5-5.5 %")


def test_random_orders_stand_beside_the_map_that_is_drawn() -> None:
    table = score_table(sample_city.in_order("valid-first"))
    assert [(column.value, column.aside) for column in table.columns[:3]] == [
        ("the model", "valid first"),
        ("the model", "50 random orders"),
        ("noise, as many valid", "0.53 % of turns"),
    ]
    (new,) = (row.cells for row in table.rows if row.label == "Streets invented")
    assert [(plain(cell.value), plain(cell.aside)) for cell in new[:2]] == [
        ("8", ""),
        ("9", "8-10"),
    ]


@pytest.mark.slow
def test_the_picture_has_its_noise_and_how_numbers_grow_beside_it() -> None:
    record = sample_city.record() | {"reconstruction": sample_city.in_order("valid-first")}
    words = plain(Page(render([check_record(record, "here")])).words)
    assert "8 invented (noise 20, 18-22)" in words
    streets = len(record["drawing"]["streets"])
    assert f"40 sequences on {streets:,} streets: {40 / streets:.2f} a street" in words
    assert "grow with the number of sequences" in words
    assert "by noise 52 (2-2)4 (4-4)10.0 % (9.0-11.0 %)5.0 % (4.5-5.5 %) 104 (4-4)8" in words
    old = plain(Page(render([check_record(sample_city.record(), "here")])).words)
    assert "8 invented (noise 20, 18-22)" in old
    assert "by noise" not in old
    assert "random orders" not in old.lower()
    (view,) = city_views([record], ["a"])
    assert plain(view.data["runs"][0]["noise"]) == " (noise 20, 18-22)"
    mean = record | {"reconstruction": sample_city.in_order("mean")}
    (view,) = city_views([mean], ["a"])
    assert view.data["runs"][0]["noise"] == "", "the map that is drawn is of another order"


def test_the_sentence_fits_the_numbers() -> None:
    assert told(sequences=6400, new=1458, impossible=1213, given_up=1) == (
        "To make its 6,400 sequences walkable, 1,458 streets had to be invented, 1,213 of which "
        "cannot exist; even so 1 was given up."
    )
    assert told(new=2, impossible=0, given_up=0) == (
        "To make its 40 sequences walkable, 2 streets had to be invented, none of which is "
        "impossible."
    )
    assert told(new=0, impossible=0, given_up=0) == (
        "Its 40 sequences needed no street that is not there."
    )


def test_the_sentence_tells_what_was_given_up_or_did_not_end() -> None:
    assert told(sequences=2, new=0, given_up=2) == (
        "For its 2 sequences no street was invented: both were given up."
    )
    assert told(sequences=20, malformed=18, given_up=1) == (
        "To make the 2 of its 20 sequences that ended walkable, 8 streets had to be invented, 5 of "
        "which cannot exist; even so 1 was given up."
    )
    assert told(sequences=20, malformed=18, new=0, given_up=0) == (
        "The 2 of its 20 sequences that ended needed no street that is not there."
    )
    assert told(sequences=20, malformed=20, new=0, given_up=0) == (
        "None of its 20 sequences ended."
    )


def test_the_score_stands_beside_every_noise_control() -> None:
    table = score_table(sample_city.reconstruction())
    assert [(column.value, column.aside) for column in table.columns] == [
        ("the model", "as they stand"),
        ("noise, as many valid", "0.53 % of turns"),
        ("noise", "1 % of turns"),
    ]
    written = {
        row.label: [(plain(cell.value), plain(cell.aside)) for cell in row.cells]
        for row in table.rows
    }
    assert written["Sequences valid as they are"][:2] == [
        ("75.0 %", ""),
        ("75.0 %", "67.5-82.5 %"),
    ]
    assert written["Sequences given up"][0] == ("10.0 %", "")
    assert written["Streets invented"] == [("8", ""), ("20", "18-22"), ("30", "27-33")]
    assert written["… per 1,000 symbols"][:2] == [("5.0", ""), ("10.0", "9.0-11.0")]
    assert written["… that cannot exist"][:2] == [("5", ""), ("10", "9-11")]
    assert written["Precision"][:2] == [("0.988", ""), ("0.900", "0.810-0.990")]
    assert written["Recall"][0] == ("0.666", "")
    (reasons,) = (row.aside for row in table.rows if row.label == "… that cannot exist")
    assert reasons == "the model's: 0 longer than any street, 3 off their bearing, 3 across others"


def test_what_is_undefined_is_a_dash() -> None:
    found = sample_city.reconstruction()
    found["counts"] |= {"sequences": 5, "malformed": 5}
    found["score"] |= {"precision": None, "recall": None}
    nothing = {"value": None, "low": None, "high": None, "n": 0, "skipped": 5}
    found["score"] |= {"given_up": nothing, "new_per_1000": nothing}
    found["noise"][1]["precision"] = {"mean": None, "low": None, "high": None}
    own = [plain(row.cells[0].value) for row in score_table(found).rows]
    assert own == ["-", "-", "8", "-", "5", "-", "-"]
    assert plain(score_table(found).rows[5].cells[1].value) == "-"


def test_the_strangest_streets_are_impossible_and_needed_by_most() -> None:
    names = [f"n{node}" for node in range(500)]
    found = sample_city.reconstruction()
    streets = strangest(found, names)
    assert [(street.start, street.uses) for street in streets] == [
        ("n210", 12),
        ("n212", 9),
        ("n64", 4),
        ("n99", 1),
        ("n480", 1),
    ]
    columns = found["streets"]
    assert [columns["from"][street.number] for street in streets] == [210, 212, 64, 99, 480]
    found["streets"]["why"] = [""] * len(found["streets"]["why"])
    assert [street.uses for street in strangest(found, names)] == [12, 9, 4, 3, 2, 1, 1, 1]


@pytest.mark.slow
def test_the_page_tells_in_words_and_numbers_what_its_script_draws() -> None:
    record = sample_city.record()
    record["drawing"]["attribution"] = "© the mappers of <Midtown>"
    html = render([check_record(record, "here")])
    before = html[: html.index('id="nerode-data"')]
    assert "8 streets had to be invented, 5 of which cannot exist" in before
    assert "the model&#39;s: 0 longer than any street" in before
    assert "© the mappers of &lt;Midtown&gt;" in before
    assert before.count('class="city-map"') == 2
    assert "<select" not in before[before.index('class="city"') : before.index("city-score")]


@pytest.mark.slow
def test_names_from_data_are_text() -> None:
    record = sample_city.hostile(HOSTILE)
    html = render([check_record(record, "here"), check_record(record, "there")])
    assert HOSTILE not in html
    assert HOSTILE.replace("<", "&lt;").replace(">", "&gt;") in html


@pytest.mark.slow
def test_a_page_with_maps_may_compile_its_drawing_code_and_still_run_no_other_script() -> None:
    policy = render([sample_city.record()]).split('Content-Security-Policy" content="')[1]
    policy = policy[: policy.index('"')].replace("&#39;", "'")
    scripts = policy.split("script-src ")[1].split(";")[0].split()
    assert scripts.pop() == "'unsafe-eval'"
    assert all(each.startswith("'sha256-") for each in scripts)
    assert policy.startswith("default-src 'none'")
