"""How compiled code holds the World: one pointer to all its arrays.

A named tuple of forty arrays would be taken apart and counted again at each call of a compiled function. `handle_of`
puts the same arrays behind one reference (a numba struct), so a call costs the same for any number of blocks. Both
share the memory. Without compilation the World is its own handle.
"""

from __future__ import annotations

from typing import cast

from numba.core import types
from numba.experimental import structref

from market.kernels.compile import IS_INTERPRETED
from market.state.world import World


@structref.register
class WorldStruct(types.StructRef):
    """Numba type of a World handle."""


class WorldHandle(structref.StructRefProxy):
    """Opaque to Python: keep the World beside it to look inside."""


structref.define_proxy(WorldHandle, WorldStruct, list(World._fields))


def handle_of(world: World) -> World:
    """The World as compiled functions take it."""
    if IS_INTERPRETED:
        return world
    return cast(World, WorldHandle(*world))
