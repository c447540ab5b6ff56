"""Products with weights that are laid out: what plain ones give."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from nerode.models.hf.cpu import block as layer
from nerode.models.hf.cpu.block import Linear


def linear(dtype: torch.dtype) -> Linear:
    given = torch.Generator().manual_seed(0)
    weight = torch.randn(24, 40, generator=given) / 24**0.5
    return Linear(weight.to(dtype), torch.randn(40, generator=given).to(dtype))


@pytest.mark.parametrize("rows", [1, 7, 64])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_product_is_the_same_however_weights_lie(
    rows: int, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer, "WORTH_LAYING", 0)
    ours, x = linear(dtype), torch.randn(rows, 24, generator=torch.Generator().manual_seed(1))
    x = x.to(dtype)
    assert ours.bias is not None
    exact = x.double() @ ours.weight.double() + ours.bias.double()
    close = 1e-5 if dtype == torch.float32 else 0.02
    for laid in (False, True):
        if laid:
            ours.lay_out()
        torch.testing.assert_close(ours(x).double(), exact, atol=close, rtol=close)
        for name in ("tanh", "none"):
            expected = functional.gelu(exact, approximate=name)
            came = ours.gelu(x, name)
            assert came.dtype == dtype
            torch.testing.assert_close(came.double(), expected, atol=close, rtol=close)


def test_what_weights_change_to_is_seen_unless_they_are_laid_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(layer, "WORTH_LAYING", 0)
    ours, x = linear(torch.float32), torch.ones(3, 24)
    before = ours(x)
    ours.lay_out()
    ours.weight.mul_(2)
    torch.testing.assert_close(ours(x), before)
    ours.release()
    assert (ours(x) - before).abs().max() > 0.1


def test_few_rows_are_not_worth_it() -> None:
    ours = linear(torch.float32)
    ours.lay_out()
    few, many = layer.WORTH_LAYING // (24 * 40), layer.WORTH_LAYING // (24 * 40) + 1
    assert ours._laid_for(torch.zeros(few, 24)) is None
    assert ours._laid_for(torch.zeros(many, 24)) is not None
    assert ours._laid_for(torch.zeros(1, 24, dtype=torch.bfloat16)) is not None


@pytest.mark.parametrize("name", ["_reorder_linear_weight", "_linear_pointwise"])
@pytest.mark.parametrize("fault", [AttributeError, RuntimeError, None])
def test_products_that_are_missing_or_wrong_are_not_used(
    name: str, fault: type[Exception] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = getattr(torch.ops.mkldnn, name)

    def product(*given: object) -> torch.Tensor:
        if fault is not None:
            raise fault(name)
        wrong: torch.Tensor = right(*given).to_dense() * 2
        return wrong

    monkeypatch.setattr(torch.ops.mkldnn, name, product)
    monkeypatch.setattr(layer, "_can_lay_out", layer._can_lay_out.__wrapped__)
    ours = linear(torch.float32)
    ours.lay_out()
    assert not ours.laid_out
