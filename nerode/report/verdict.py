"""What one record says, in two plain sentences; of two kinds of histories, in one or two more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nerode.metrics.history_kinds import WORDS
from nerode.metrics.metric import as_percent
from nerode.models.baselines.policy_oracle import POLICY_ORACLE as CEILING
from nerode.report.kinds import alone, kinds
from nerode.report.rows import Metrics, estimate_at, rows_of
from nerode.report.street_map.orders import counts_of, given_up, matched
from nerode.schema.drawing import BoardDrawing, MapDrawing
from nerode.schema.reconstruction import Reconstruction
from nerode.schema.record import Record
from nerode.stats.estimate import Estimate

HIGH = 0.95
"""A share from here on is told as an achievement, one below it as a shortfall."""

_SENTENCES = 2
_UNDISTURBED = "0"
_DISTURBED = "0.1"


@dataclass(frozen=True)
class Words:
    """What is said in the terms of the world; KIND in `pair` says where histories come from."""

    pair: str
    pairs: str
    symbols: str
    turns: str
    arrives: str = "arrives on"
    trips: str = "trips"
    among: str = "after KIND histories"

    @property
    def on(self) -> str:
        """The word before a share of trips, where the verb is left out."""
        return self.arrives.split()[-1]

    def reading(self, kind: str) -> str:
        """Where histories of a kind are read: `on held-out routes`."""
        return _of_kind(self.among, kind)


def _of_kind(text: str, kind: str) -> str:
    return " ".join(text.replace("KIND", WORDS.get(kind, "")).split())


_UNTRAINED = "untrained"


def verdict(record: Record) -> str:
    """What the model seems to know, and what it turns out to know, with the numbers.

    Only what was measured and is defined is told. Percentages are rounded, but `0 %` and
    `100 %` are said of nothing else.
    """
    words = words_of(record.drawing)
    each = {kind: alone(record, kind) for kind in kinds(record)}
    if len(each) > 1:
        first = _first_of_each(each, words)
        second = " ".join(filter(None, [_seen_of_each(each, words), _trips(record, words)]))
    else:
        (record,) = each.values()
        first, second = _first_sentence(record, words), _second_sentence(record, words)
    rest = [*_reconstruction(record), *_probe(record)]
    sentences = [sentence for sentence in (first, second, *rest) if sentence]
    if not sentences and any(_defined(record, *row.path) for row in rows_of(record)):
        return "What was measured here has no sentence of its own: the table has the numbers."
    return (
        " ".join(sentences[:_SENTENCES])
        or "Nothing that was measured here is defined for this model."
    )


def words_of(drawing: MapDrawing | BoardDrawing | None) -> Words:
    """The words for a world by what it is drawn on: those of a street map, of a board, or plain."""
    if isinstance(drawing, MapDrawing):
        return Words(
            "two KIND routes to the same corner",
            "routes to one corner",
            "streets",
            "turns",
            among="on KIND routes",
        )
    if isinstance(drawing, BoardDrawing):
        pair, pairs = "two KIND games in one position", "games in one position"
        return Words(pair, pairs, "moves", "moves", "plays to the end in", "games", "in KIND games")
    return Words("two KIND histories of the same state", "histories of a state", "symbols", "steps")


def percent(value: float) -> str:
    """A share as a percentage, with a decimal near 0 and 1."""
    if value in (0, 1):
        return f"{int(100 * value)} %"
    fine, whole = f"{100 * value:.1f}", f"{100 * value:.0f}"
    if fine == "0.0":
        return "less than 0.1 %"
    if fine == "100.0":
        return "more than 99.9 %"
    return f"{fine} %" if whole in ("0", "1", "99", "100") else f"{whole} %"


def _value(metrics: Metrics, *path: str) -> float | None:
    found = estimate_at(metrics, path)
    return None if found is None else found.value


def _between(low: float | None, high: float | None) -> str:
    """An interval in brackets: ` (56 to 79 %)`."""
    if low is None or high is None:
        return ""
    shown = [percent(bound).removesuffix(" %") for bound in (low, high)]
    return f" ({shown[0]} to {shown[1]} %)"


def _first_sentence(record: Record, words: Words) -> str:
    legal = estimate_at(record.metrics, ("next_symbol", "legal"))
    compression = estimate_at(record.metrics, ("compression", "precision"))
    said = ""
    if legal is not None and legal.value is not None:
        share = f"{percent(legal.value)} of the time{_between(legal.low, legal.high)}"
        said = f"Its next symbol is legal {share}"
    if compression is None or compression.value is None:
        return f"{said}." if said else ""
    apart = _apart(record, compression, words)
    if not said:
        return f"{apart[0].upper()}{apart[1:]}."
    high = legal is not None and (legal.value or 0) >= HIGH
    link = "yet" if high and compression.value < HIGH else "and"
    return f"{said}, {link} {apart}."


def _apart(record: Record, compression: Estimate, words: Words) -> str:
    """How often two histories of one state are told apart: at the next symbol, and further on."""
    pair = _of_kind(words.pair, record.histories or "")
    length = record.parameters.length
    within = f"within {length} {words.turns} " if length else ""
    apart = _known_apart(record, compression)
    if apart.value == 0:
        expected = f"do {pair} lead it to expect different {words.symbols}"
        return f"in none of {apart.n} cases {expected}{f' {within}'.rstrip()}"
    first = estimate_at(record.metrics, ("compression", "first_symbol"))
    expect = f"{pair} lead it to expect different {words.symbols}"
    if first is None or first.value is None:
        return f"in {_share_of_cases(apart)} {expect}{f' {within}'.rstrip()}"
    later = f"and in {_share_of_cases(apart)} {within or 'further on'}".rstrip()
    if first.value == 1:
        return f"in {_share_of_cases(apart)} {expect}{f' {within}'.rstrip()}, at once in none"
    at_once = f"in {_share_of_cases(_one_less(first))} {expect} at once"
    more = (apart.value or 0) >= 1 - first.value  # else what was drawn shows no more
    return f"{at_once}, {later}" if more else at_once


def _known_apart(record: Record, compression: Estimate) -> Estimate:
    """Share of pairs that are known to disagree.

    As the record tells it: precision leaves out what differs at the next symbol where no
    continuation came upon it. Records of earlier versions have nothing but precision.
    """
    length = str(record.parameters.length)
    known = estimate_at(record.metrics, ("compression", "disagree_within", length))
    return _one_less(compression) if known is None or known.value is None else known


def _one_less(score: Estimate) -> Estimate:
    """1 less a score that is defined, with its interval."""
    value, low, high = (None if x is None else 1 - x for x in (score.value, score.high, score.low))
    return replace(score, value=value, low=low, high=high)


def _share_of_cases(share: Estimate) -> str:
    """A share of cases that is defined, with its interval."""
    assert share.value is not None  # noqa: S101 - for the type; the caller has looked
    return f"{percent(share.value)} of cases{_between(share.low, share.high)}"


def _first_of_each(each: Mapping[str, Record], words: Words) -> str:
    """The first sentence, where compression was measured on several kinds of histories."""
    found = {
        kind: estimate
        for kind, record in each.items()
        if (estimate := _defined(record, "compression", "precision"))
    }
    if len(found) < len(each):
        shown = next((kind for kind in each if kind in found), next(iter(each)))
        return _first_sentence(each[shown], words)
    record = next(iter(each.values()))
    legal = _defined(record, "next_symbol", "legal")
    apart = f"{_of_kind(words.pair, '')} lead it to expect different {words.symbols}: "
    apart += "; ".join(
        f"{words.reading(kind)} {_apart_here(each[kind], found[kind], words)}" for kind in each
    )
    if legal is None or legal.value is None:
        return f"{apart[0].upper()}{apart[1:]}."
    high = legal.value >= HIGH and any((e.value or 0) < HIGH for e in found.values())
    share = f"{percent(legal.value)} of the time{_between(legal.low, legal.high)}"
    return f"Its next symbol is legal {share}, {'yet' if high else 'and'} {apart}."


def _apart_here(record: Record, alike: Estimate, words: Words) -> str:
    """In how many cases of one kind, with intervals and the number of cases."""
    length = record.parameters.length
    within = f" within {length} {words.turns}" if length else ""
    apart = _known_apart(record, alike)
    if apart.value == 0:
        return f"in none of {apart.n:,} cases{within}"
    later = f"{percent(apart.value or 0)} of cases{within}{_with_n(apart)}"
    first = _defined(record, "compression", "first_symbol")
    if first is None or first.value is None:
        return f"in {later}"
    if first.value == 1:
        return f"in {later}, at once in none"
    once = _one_less(first)
    if (once.value or 0) > (apart.value or 0):  # what was drawn shows no more
        return f"in {percent(once.value or 0)} of cases at once{_with_n(once)}"
    at_once = f"{percent(once.value or 0)} of cases at once{_between(once.low, once.high)}"
    return f"in {at_once}, and in {later.replace(' of cases', '', 1)}"


def _with_n(score: Estimate, *more: str) -> str:
    """Interval, number of trials and what else is to be known, in brackets."""
    between = _between(score.low, score.high).strip(" ()")
    return f" ({'; '.join([*([between] if between else []), f'n {score.n:,}', *more])})"


def _seen_of_each(each: Mapping[str, Record], words: Words) -> str:
    """Differences between states that are seen, and that are real, on every kind of histories."""
    recalls: list[str] = []
    precisions: list[str] = []
    for kind, record in each.items():
        where = words.reading(kind)
        recall = _defined(record, "distinction", "recall")
        precision = _defined(record, "distinction", "precision")
        if recall is not None:
            details = _with_n(recall, *_ceilings(record))
            recalls.append(f"{percent(recall.value or 0)} {where}{details}")
        if precision is not None:
            real = "" if precisions else "are real "
            precisions.append(f"{percent(precision.value or 0)} {real}{where}{_with_n(precision)}")
    sentences = []
    if recalls:
        seen = f"Of the differences between states it sees {' and '.join(recalls)}"
        confused = [_value(each[kind].metrics, "distinction", "confused") for kind in each]
        if None not in confused:
            those = " and ".join(percent(share or 0) for share in confused)
            seen += f"; {those} it expects in both states, the rest it does not expect where they "
            seen += "are legal"
        sentences.append(f"{seen}.")
    if precisions:
        sentences.append(f"Of the differences that it makes {' and '.join(precisions)}.")
    return " ".join(sentences)


def _trips(record: Record, words: Words) -> str:
    sentence = ", and ".join(_arrives(record.metrics, words))
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""


def _defined(record: Record, *path: str) -> Estimate | None:
    found = estimate_at(record.metrics, path)
    return None if found is None or found.value is None else found


def _second_sentence(record: Record, words: Words) -> str:
    metrics = record.metrics
    recall = _value(metrics, "distinction", "recall")
    precision = _value(metrics, "distinction", "precision")
    parts = []
    if recall is not None:
        seen = f"it sees {percent(recall)} of the differences between states"
        parts.append(f"{seen}{_ceiling(record)}")
    if precision is not None:
        parts.append(f"{percent(precision)} of the differences that it makes are real")
    elif recall is not None and estimate_at(metrics, ("distinction", "precision")):
        parts.append("makes none of its own")
    parts += _arrives(metrics, words)
    if not parts:
        return ""
    sentence = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"
    return f"{sentence[0].upper()}{sentence[1:]}."


def _ceiling(record: Record) -> str:
    """Why differences are missed, and how many a perfect map with the same habits would see."""
    metrics = record.metrics
    unexpected = _value(metrics, "distinction", "unexpected")
    confused = _value(metrics, "distinction", "confused")
    reasons = []
    if unexpected is not None and confused is not None:
        reasons.append(
            f"{percent(unexpected)} it does not expect where they are legal, {percent(confused)} "
            "it expects in both"
        )
    reasons += _ceilings(record)
    return f" ({'; '.join(reasons)})" if reasons else ""


def _ceilings(record: Record) -> list[str]:
    """How many differences a perfect map with the same habits would see."""
    found = (
        _value(metrics, "distinction", "recall")
        for name, metrics in record.baselines.items()
        if name.startswith(CEILING)
    )
    return [
        f"a perfect map with its habits sees {percent(perfect)}"
        for perfect in found
        if perfect is not None
    ]


def _arrives(metrics: Metrics, words: Words) -> list[str]:
    usual = _value(metrics, "detours", "random", _UNDISTURBED)
    disturbed = _value(metrics, "detours", "random", _DISTURBED)
    if disturbed is None:
        return []
    forced = f"with {as_percent(_DISTURBED)} of its {words.turns} replaced at random it"
    on, trips = words.arrives, f"{percent(disturbed)} of {words.trips}"
    if usual is None:
        return [f"{forced} {on} {trips}"]
    if disturbed >= HIGH:
        return [f"{forced} still {on} {trips}"]
    if percent(disturbed) == percent(usual):
        return [f"{forced} {on} {trips}, as it does undisturbed"]
    if disturbed > usual:
        return [f"{forced} {on} {trips}, undisturbed {words.on} {percent(usual)}"]
    return [f"{forced} {on} {trips} instead of {percent(usual)}"]


def _probe(record: Record) -> list[str]:
    """What a probe of the best layer reads off the model; said if room is left.

    Next to it stands the best layer of random weights, where there are any: no size of a difference
    from the control task, which says yes or no alone.
    """
    layers = _by_layer(record.metrics)
    if not layers:
        return []
    sentence = f"A linear probe tells {percent(max(layers))} of the features of its true state"
    others = _by_layer(record.baselines.get(_UNTRAINED, {}))
    untrained = f", and {percent(max(others))} of an untrained model's" if others else ""
    return [f"{sentence}{untrained}."]


def _by_layer(metrics: Metrics) -> list[float]:
    """The accuracy of a probe in every layer where it is defined."""
    layers = metrics["probe"].group("accuracy") if "probe" in metrics else {}
    return [each.value for each in layers.values() if each.value is not None]


def _reconstruction(record: Record) -> list[str]:
    """Which streets the model's sequences need, and what mere noise would; said if room is left."""
    valid = estimate_at(record.metrics, ("reconstruction", "valid"))
    if valid is None:
        return []
    reconstruction = record.reconstruction or None
    ended = _ended(valid, reconstruction)
    if valid.value is None:
        return [f"{ended}."] if ended else []
    walked = f"{percent(valid.value)} are walkable on the true map"
    every = f" {valid.n:,}" if reconstruction else ""
    start = f"{ended}; of these {walked}" if ended else f"Of its{every} sequences {walked}"
    if reconstruction is None:
        return [f"{start}."]
    return _streets(start, reconstruction, walkable=valid.value == 1)


def _ended(valid: Estimate, reconstruction: Reconstruction | None) -> str:
    """How many sequences can be judged, where some cannot or were never written."""
    some = f"{valid.n:,}" if valid.n else "None"
    if reconstruction is None:
        if not valid.skipped:
            return ""
        return f"{some} of {valid.n + valid.skipped:,} trials came to a sequence that ended"
    cut = reconstruction.counts.malformed
    unrun = valid.skipped - cut
    sentence = f"{some} of its {valid.n + cut:,} sequences ended" if cut else ""
    if unrun > 0:
        trials = "trial" if unrun == 1 else "trials"
        sentence = sentence or f"It wrote {valid.n:,} sequences"
        sentence += f" ({unrun:,} more {trials} could not be run)"
    return sentence


def _streets(start: str, reconstruction: Reconstruction, *, walkable: bool) -> list[str]:
    """What had to be invented, and which sequences were given up."""
    counts = counts_of(reconstruction)
    new, bad, lost = counts.new, counts.impossible, given_up(counts)
    if not new:
        none = f"and no street {'had to be invented for any' if walkable else 'was invented'}"
        return [f"{start}, {none}: {lost}." if lost else f"{start}, {none}."]
    those = f"{new:,} {'street' if new == 1 else 'streets'}"
    worst = f", {bad:,} of which cannot exist" if bad else ""
    even = f"; even so {lost}" if lost else ""
    return [
        f"{start}; to walk the others {those} had to be invented{worst}{even}.",
        *_noise(reconstruction),
    ]


def _noise(reconstruction: Reconstruction) -> list[str]:
    """How many streets true sequences would need if they were wrong as often by mere chance."""
    control = matched(reconstruction)
    if control is None or control.new.mean is None:
        return []
    new = control.new
    needs = f"{new.mean:,.0f} of them ({new.low or 0:,.0f} to {new.high or 0:,.0f})"
    return [f"Mere noise that spoils as many sequences needs {needs}."]
