"""What of a reply is meant for the reader, in plain text: the first stages of reading it.

Replies reach us as servers pass them on: with the special tokens of chat templates left in, with
thoughts, with a next turn that the model invented, in Markdown, HTML, LaTeX or JSON. What is left
here is the model's own turn after its last thought, a line of plain words for each of its lines.
Whatever says that something is *the answer* (a box, an `<answer>` tag, a key of JSON, a column of
a table) becomes the marker `ANSWER:`, so that the parser need know no markup.
"""
# ruff: noqa: RUF001 - Russian letters, and marks that look like others, are meant

from __future__ import annotations

import html
import json
import re
import unicodedata

from nerode.chat.parse.lexicon import words_of

MARKER = "ANSWER:"
TICK, CROSS = "✓", "✗"
"""What all marks that mean right, and all that mean wrong, become."""

_READ = 20_000
"""Characters at the end of the model's turn that are looked at."""

_THOUGHT = re.compile(
    r"<\|?(?P<close>/|end_(?:of_)?)?(?:start_|begin_(?:of_)?|[a-z]{1,12}:)?"
    r"(?:think|thinking|thoughts?|reason|reasoning|analysis|reflection|scratch_?pad|rationale)"
    r"(?: [^<>\n]{0,60})?\|?>"
    r"|[\[◁](?P<close2>/)?think(?:ing)?[\]▷]"
    r"|(?P<close3><channel\|>)|<\|channel>thought",
    re.IGNORECASE,
)
_CHANNEL = re.compile(
    r"<\|channel\|>\s{0,9}(\w{0,20})[^<]{0,80}(?:<\|constrain\|>[^<]{0,80})?<\|message\|>"
)
_BARE_CHANNEL = re.compile(r"\s*analysis(?=[A-ZА-ЯЁ])")
"""The same where the special tokens were taken out, and the names of channels were not."""
_BARE_FINAL = "assistantfinal"

_OTHERS = "user|human|system|instruction|input|you|пользователь|человек|вы"
_OWN = "assistant|model|ai|bot|ассистент|модель"
_TURN = re.compile(
    # The end of a turn; who begins the next one may not be said.
    r"(?P<end><\|?(?:im_end|eot_id|eom_id|eot|eos|eod|end|return|turn|"
    r"end_?of_?(?:turn|text|sentence)(?:_token)?)\|?>|</s>"
    r"|\[(?:EOS|END|DONE|STOP|EOT|\|endofturn\|)\])"
    # The beginning of one, in the tokens of chat templates.
    r"|<\|?(?:im_start|start_header_id|start_of_turn|start_of_turn_token|start)\|?>\s{0,9}"
    r"(?P<template>\w{0,20})(?:<\|end_header_id\|>)?"
    rf"|<\|(?P<token>{_OTHERS}|{_OWN})(?:_token)?\|>"
    r"|(?P<theirs>\[INST\])|\[/INST\]"
    # The same as a line that begins with a name.
    rf"|^[ \t>*_#`]{{0,9}}(?P<name>{_OTHERS}|{_OWN})(?: \d{{1,2}})?[ \t*_`]{{0,9}}:"
    rf"|^(?P<residue>user|assistant|human)[ \t]*$"
    rf"|^\#{{1,4}} ?(?P<heading>{_OTHERS}|{_OWN}|response):?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)

_TOKEN_ALONE = re.compile(r"<\|[^<>\s]{1,40}>|<(?:s|bos|pad|unk)>", re.IGNORECASE)
_STRUCK = re.compile(
    r"~~[^~\n]{1,200}~~|<(del|strike)>[^<>]{0,200}</\1>|(?<=\S)\s{0,9}<s>[^<>]{1,200}</s>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(?P<close>/?)(?P<inside>[^\s<>/][^<>\n]{0,80})>")
_ANSWER_TAGS = words_of("answer final_answer finalanswer final-answer ответ")
_ANSWER_TAGS |= frozenset(["begin_of_box"])
_ANSWER_NAMES = ("answer", "final answer", "ответ")
"""Keys of JSON and heads of columns."""
_BREAKS = words_of("br p div li ul ol tr table h1 h2 h3 h4 h5 h6 hr pre blockquote")
_CELLS = words_of("td th")
_FACES = words_of("b i u em strong span code center font mark sub sup small big a tt s")
_TOKENS = words_of("bos pad unk eos sep cls mask bos_token")
_NUMBERED = re.compile(r"(?:unused|reserved|extra_id|special)_?(?:token_?)?\d+|0x[0-9a-f]{2}")
"""Tokens of vocabularies that stand for nothing."""
_ANSWERS = words_of("yes no да нет true false")

_BOX = re.compile(r"[\\\x08]b?oxed\b|\\(?:fbox|framebox)\b")
_ESCAPED = re.compile(r"\\n(?=[A-ZА-ЯЁ\s\\]|$)")
"""A line break that was written out: a reply that was quoted once too often."""
_COLOUR = re.compile(r"\\(?:text)?color ?\{[^{}\n]{0,20}\}")
_COMMAND = re.compile(r"\\([a-zA-Z]{1,20})")
_PLAIN_COMMANDS = words_of(
    "text textbf textit texttt textrm textsf textsc textnormal mathrm mathbf mathsf mathtt "
    "mathit operatorname mbox hbox bf it rm tt em emph underline large Large LARGE huge Huge "
    "quad qquad left right big Big bigl bigr displaystyle boldsymbol bm"
)
"""Commands that change the look alone; any other stays as a word."""
_NEGATING = words_of("ne neq neg lnot not cancel bcancel xcancel sout ge geq le leq gt lt")

_TICKS, _CROSSES, _DOUBTS = "✅✔☑👍🟢💚🆗", "❌✖✕✘❎👎🚫⛔🔴🙅", "❓❔🤔🤷⁇‽"
_LETTERS = str.maketrans(
    dict.fromkeys(_TICKS, TICK)
    | dict.fromkeys(_CROSSES, CROSS)
    | dict.fromkeys(_DOUBTS, "?")
    | dict.fromkeys("。。।۔।︒", ".")
    | {"、": ",", "،": ",", "؟": "?", "؛": ";", "’": "'", "ʼ": "'", "′": "'"}
    | dict.fromkeys("≠≥≤¬≈±", " not ")
    | {"Ġ": " ", "▁": " ", "Ċ": "\n", "\x00": None, "\x08": None}
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0e\ufe0f\u20e3", None)
)
_ARROW = re.compile(r"[-=]{1,3}>")
_UNLIKE = re.compile(r"!=|=/=|(?<!~)~(?=[0-9])|(?<=[^\s>])[ \t]{0,9}[<>]=?[ \t]{0,9}(?=[0-9])")
"""Where something is not that, or more or less than that. A `>` that begins a line is a quote's."""
_DRESS = str.maketrans(dict.fromkeys('*_`~#<>"“”„«»‘‹›$\\{}', " "))
_RULE = re.compile(r"[\s|:+-]*\|?-{2,}[\s|:+-]*")
"""The line under the head of a table."""


def plain_lines(text: str) -> list[str]:
    """The lines of the model's own final words, without markup; blank ones are left out.

    Upper and lower case stay. Empty where there are none: all is thought, or nothing was said.
    Takes time in proportion to the length of the reply, and raises nothing.
    """
    said = unicodedata.normalize("NFKC", html.unescape(text))
    final = _final_channel(_after_thought(said))
    said = _first_turn(final, begun=len(final) < len(said))[-_READ:]
    inside = _from_json(said)
    said = said if inside is None else inside
    lines = _undressed(said).splitlines()
    return _with_table([line for line in lines if line.strip()])


def _after_thought(text: str) -> str:
    """What follows the last thought; nothing where one was begun and never ended.

    The tag that opens a thought may be missing: chat templates put it into the prompt.
    """
    after, open_ = 0, False
    for tag in _THOUGHT.finditer(text):
        open_ = not (tag["close"] or tag["close2"] or tag["close3"])
        after = after if open_ else tag.end()
    return "" if open_ else text[after:]


def _final_channel(text: str) -> str:
    """Of a reply in channels (analysis, commentary, final) the first final one, else all of it."""
    channels = list(_CHANNEL.finditer(text))
    if not channels and "<|channel|>" not in text:
        if _BARE_CHANNEL.match(text) or text.startswith(_BARE_FINAL):
            return text.partition(_BARE_FINAL)[2]
        return text
    for place, channel in enumerate(channels, 1):
        if channel[1].casefold() == "final":
            end = channels[place].start() if place < len(channels) else len(text)
            return text[channel.end() : end]
    return ""


def _first_turn(text: str, *, begun: bool) -> str:
    """The model's own turn: up to where it goes on as somebody else, or as itself once more.

    Tokens before it are skipped, unless it has `begun` already, with a thought.
    """
    start, own = 0, True
    for turn in _TURN.finditer(text):
        said = text[start : turn.start()]
        if _TOKEN_ALONE.sub("", said).strip() or (begun and turn["end"]):
            return said if own else ""
        start = turn.end()
        names = ("template", "token", "name", "residue", "heading", "theirs")
        who = next((turn[name] for name in names if turn[name]), None)
        own = who is None or who.casefold() in (*_OWN.split("|"), "response")
    return text[start:] if own else ""


def _from_json(text: str) -> str | None:
    """The answers of a reply that is one object of JSON, as a marked line; None where it is not."""
    inside = text.strip().strip("`").strip().removeprefix("json").strip()
    if not inside.startswith("{"):
        return None
    try:
        # As pairs: of two keys that are called alike neither is to be lost.
        found = json.loads(inside, object_pairs_hook=list)
    except (ValueError, RecursionError):
        return None
    answers = []
    for key, value in found:
        name = key.casefold().replace("_", " ").replace("-", " ").strip()
        if name in _ANSWER_NAMES:
            words = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
            answers.append(f"{MARKER} {words}")
    return ". ".join(answers)


def _undressed(text: str) -> str:
    """Without tags, LaTeX and type faces; what marks an answer becomes the marker."""
    said = _STRUCK.sub(" ", text)
    said = _BOX.sub(lambda _: f" {MARKER} ", _ESCAPED.sub("\n", said))
    said = _COMMAND.sub(_command, _COLOUR.sub(" ", said)).translate(_LETTERS)
    closed = {_name(tag["inside"]) for tag in _TAG.finditer(said) if tag["close"]}
    said = _TAG.sub(lambda tag: _tag(tag, closed), said)
    said = _UNLIKE.sub(" not ", _ARROW.sub(" → ", said)).translate(_DRESS)
    # Pictures mean nothing here, but for those that became a tick, a cross or a question mark.
    return "".join(map(_without_picture, said))


def _without_picture(letter: str) -> str:
    """A letter itself; a space for a picture; nothing for an accent."""
    if letter < "\x80" or letter in (TICK, CROSS):
        return letter
    return {"So": " ", "Sk": " ", "Mn": ""}.get(unicodedata.category(letter), letter)


def _command(match: re.Match[str]) -> str:
    if match[1] == "checkmark":
        return TICK
    if match[1] in _NEGATING:
        return " not "
    return " " if match[1] in _PLAIN_COMMANDS else f" {match[1]} "


def _name(inside: str) -> str:
    return inside.strip("|").split()[0].strip("/|").casefold() if inside.strip("|/ ") else ""


def _tag(tag: re.Match[str], closed: set[str]) -> str:
    """What stands in place of something in angle brackets: of what is no tag its words."""
    inside, name = tag["inside"], _name(tag["inside"])
    if name in _ANSWER_TAGS:
        return "\n" if tag["close"] else f"\n{MARKER} "
    if name in _BREAKS:
        return "\n"
    if name in _CELLS:
        return " | "
    if name in _ANSWERS and inside.strip("|").casefold() == name:
        return f" {inside.strip('|')} "
    special = inside.startswith("|") or inside.endswith("|") or name in _TOKENS
    special = special or _NUMBERED.fullmatch(name) is not None
    if special or tag["close"] or name in _FACES or name in closed:
        return " "
    return f" {inside} "


def _with_table(lines: list[str]) -> list[str]:
    """Lines with a table that has a column of answers told as one line of these answers."""
    for at in range(1, len(lines) - 1):
        if "|" not in lines[at - 1] or not _RULE.fullmatch(lines[at]):
            continue
        heads = [cell.strip().casefold() for cell in lines[at - 1].strip().strip("|").split("|")]
        columns = [n for n, head in enumerate(heads) if head in _ANSWER_NAMES]
        end = next((n for n in range(at + 1, len(lines)) if "|" not in lines[n]), len(lines))
        if len(columns) == 1 and end > at + 1:
            rows = [line.strip().strip("|").split("|") for line in lines[at + 1 : end]]
            cells = [row[columns[0]] if columns[0] < len(row) else "" for row in rows]
            answers = ". ".join(f"{MARKER} {cell.strip() or 'none'}" for cell in cells)
            return [*lines[: at - 1], answers, *lines[end:]]
    return lines
