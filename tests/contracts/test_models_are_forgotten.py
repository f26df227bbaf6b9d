"""A model that nobody holds any more is gone, with all its arrays: a sweep of thousands needs the room of one."""

from __future__ import annotations

import gc
import weakref

from market import GpuMarket, result_of


def test_a_model_and_its_world_are_gone_with_the_last_reference() -> None:
    model = GpuMarket("tiny", seed=1)
    model.advance(40)
    result = result_of(model)
    held = [weakref.ref(model), *(weakref.ref(block) for block in model.world)]
    del model
    gc.collect()
    assert [reference for reference in held if reference() is not None] == []
    assert len(result.daily) > 0
