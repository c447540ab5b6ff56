"""The tokenizer that fits a world: one token for each symbol of the text of a sequence."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from nerode.errors import InvalidParameter
from nerode.models.hf.quiet import quiet
from nerode.worlds.world import END, AnyWorld

PAD, FIRST = "<pad>", "<bos>"
"""Tokens that are no symbols: padding, and the one put in front of every sequence."""


def tokenizer(alphabet: tuple[str, ...]) -> PreTrainedTokenizerFast:
    """A tokenizer of symbols between white space, with the first token put in front.

    Token i is symbol i; padding and the first token come after the symbols. END ends sequences
    for whoever generates text, unless some other symbol has it in its name: the library would
    cut such a name in pieces.
    """
    vocabulary = {name: number for number, name in enumerate((*alphabet, PAD, FIRST))}
    if len(vocabulary) != len(alphabet) + 2:
        raise InvalidParameter(f"expected an alphabet without {PAD} and {FIRST}, got one with")
    inner = Tokenizer(models.WordLevel(vocabulary))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    inner.post_processor = processors.TemplateProcessing(
        single=f"{FIRST} $A", special_tokens=[(FIRST, vocabulary[FIRST])]
    )
    ends = [name for name in alphabet if END in name] == [END]
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=inner,
        pad_token=PAD,
        bos_token=FIRST,
        eos_token=END if ends else None,
        padding_side="right",
        clean_up_tokenization_spaces=False,
    )


def clear_tokenizer(folder: Path) -> None:
    """Raise InvalidParameter where a folder for a tokenizer is a file, or has one already."""
    if folder.exists() and not folder.is_dir():
        raise InvalidParameter(f"expected a folder to write, got the file {folder}")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        if (folder / name).exists():
            raise InvalidParameter(f"expected a folder without a tokenizer, got {folder / name}")


def write_tokenizer(world: AnyWorld, folder: Path) -> int:
    """Write the tokenizer of a world's symbols in the Hugging Face format; its tokens.

    Raises InvalidParameter as `clear_tokenizer` does.
    """
    clear_tokenizer(folder)
    folder.mkdir(parents=True, exist_ok=True)
    made = tokenizer(world.alphabet)
    with quiet():
        made.save_pretrained(folder)
    return len(made)
