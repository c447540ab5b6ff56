"""The settings of a run by name: which there are differs between commands and versions."""

from __future__ import annotations

from msgspec import UNSET

from nerode.schema.record import Parameters, Record

Settings = dict[str, object]
"""Values by the name that they have in a record."""


def parameters_of(record: Record) -> Settings:
    """The parameters that a record has, in their order."""
    return _given(record.parameters)


def _given(parameters: Parameters) -> Settings:
    values = ((name, getattr(parameters, name)) for name in parameters.__struct_fields__)
    return {name: value for name, value in values if value is not UNSET}


def settings_of(record: Record) -> Settings:
    """Protocol, histories and seed, None where a record has none, and its parameters."""
    return {
        "protocol": record.protocol,
        "histories": record.histories or None,
        "seed": None if record.seed is UNSET else record.seed,
        **parameters_of(record),
    }
