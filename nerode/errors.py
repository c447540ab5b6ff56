"""Every exception that nerode raises on purpose.

Each is a `NerodeError` (so that a caller, or the command line, can catch them all)
and a subclass of the builtin that names its kind. A message says what was expected,
what came, and where.
"""

from __future__ import annotations


class NerodeError(Exception):
    """Base of every error that a user can cause and mend."""


class IllegalSymbol(NerodeError, ValueError):
    """A symbol was played in a state where it is not legal."""


class WorldError(NerodeError, ValueError):
    """A world's description, or a world itself, breaks the rules of an automaton."""


class UnknownName(NerodeError, LookupError):
    """No world, model, metric, policy or protocol goes by this name."""


class FormatError(NerodeError, ValueError):
    """A file does not hold what it should; the message names file and line."""


class MissingFile(NerodeError, FileNotFoundError):
    """A file or folder that was named, or that a format requires, does not exist."""


class ModelMismatch(NerodeError, ValueError):
    """A model does not fit the world or the request: vocabulary, weights, length."""


class RunMismatch(NerodeError, ValueError):
    """A run folder was begun with other parameters than the ones given now."""


class NoTrial(NerodeError, ValueError):
    """One trial cannot be run; its message is the reason that is counted in `skipped`."""


class MissingExtra(NerodeError, ImportError):
    """An optional dependency is needed; the message is the line that installs it."""


class InvalidParameter(NerodeError, ValueError):
    """A parameter is outside the values it can take."""


class TooFewSequences(InvalidParameter):
    """A world has fewer sequences than were asked for."""


class WorkerLost(NerodeError, ChildProcessError):
    """A process that measured a part of the trials ended before it was done."""


class WorkerUnfit(NerodeError, RuntimeError):
    """A worker cannot do the work as it was meant: another version, another model, no file."""


class Unreachable(NerodeError, ConnectionError):
    """A server that is needed cannot be reached, refuses, or answers with nonsense."""


class NotMeasured(NerodeError, RuntimeError):
    """What another process was to measure is not there."""
