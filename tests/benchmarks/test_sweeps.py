"""The sweeps whose cost is compared do the same work."""

from __future__ import annotations

import pytest

from tests.benchmarks import sweeps


def test_every_contender_hands_over_the_daily_series_of_every_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "WORKERS", 1)
    ours, mesas = sweeps._by_lab(3, 1), sweeps._by_mesa(3)
    assert len(ours) == len(mesas) == 3 * sweeps.DAYS
    assert ours.groupby("seed").size().tolist() == mesas.groupby("seed").size().tolist() == [sweeps.DAYS] * 3
    assert set(ours.columns) - {"point", "replicate", "date"} <= set(mesas.columns)
