"""The settings of a run by name: which there are differs between commands and versions."""

from __future__ import annotations

from msgspec import UNSET

from nerode.schema.record import Parameters, Record

SettingValues = dict[str, object]
"""Values by the name that they have in a record."""


def parameters_of(record: Record) -> SettingValues:
    """The parameters that a record has, in their order."""
    return _given(record.parameters)


def _given(parameters: Parameters) -> SettingValues:
    values = ((name, getattr(parameters, name)) for name in parameters.__struct_fields__)
    return {name: value for name, value in values if value is not UNSET}


def settings_of(record: Record) -> SettingValues:
    """Protocol, histories and seed, None where a record has none, and its parameters."""
    return {
        "protocol": record.protocol,
        "histories": record.histories or None,
        "seed": None if record.seed is UNSET else record.seed,
        **parameters_of(record),
    }
