"""How compiled code holds the World: the address of a table of all its arrays.

A named tuple of forty arrays would be taken apart at each call of a compiled function, and a counted reference would be
counted up and down at every use of an array: atomic operations, which cost more than most rules. `handle_of` writes
where each array begins and how long its axes are into one table, and compiled code reads ``world.startup_i32`` from
there. The table never changes, so it is read once a loop; nothing is counted, since the handle keeps its World alive.
Without compilation the World is its own handle.
"""

from __future__ import annotations

import functools
from typing import Any, cast

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.datamodel import models
from numba.core.typing.templates import AttributeTemplate
from numba.experimental.structref import StructRefProxy
from numba.extending import NativeValue, infer_getattr, lower_getattr_generic, register_model, unbox
from numba.np.arrayobj import make_array, populate_array

from market.kernels.compile import IS_INTERPRETED, Function
from market.state.world import World

WORD = ir.IntType(64)
_UNCHANGING = "invariant.load"


class WorldTable(types.Type):
    """Numba type of a World handle: the type and place of each array in the table."""

    def __init__(self, arrays: tuple[types.Array, ...]) -> None:
        self.arrays: dict[str, tuple[types.Array, int]] = {}
        word = 0
        for name, array in zip(World._fields, arrays, strict=True):
            self.arrays[name] = (array, word)
            word += 1 + array.ndim
        super().__init__(name=f"WorldTable({', '.join(map(str, arrays))})")


class WorldHandle(StructRefProxy):  # a proxy's type is found without asking Python
    """Opaque to Python; compiled code reads the arrays of `world` through it."""

    __slots__ = ("table", "world")
    table: np.ndarray
    world: World


def handle_of(world: World) -> World:
    """The World as compiled functions take it."""
    if IS_INTERPRETED:
        return world
    views = [name for name, a in world._asdict().items() if not (a.flags.c_contiguous and a.flags.writeable)]
    if views:
        raise ValueError(f"World.{views[0]} is a view with gaps, or cannot be written to")
    handle: Any = WorldHandle._numba_box_(_table_of(tuple([(array.dtype, array.ndim) for array in world])), None)
    handle.world = world
    handle.table = np.array([word for array in world for word in (array.ctypes.data, *array.shape)], dtype=np.int64)
    handle._meminfo = handle.table.ctypes.data
    return cast(World, handle)


def version_for(function: Function, handle: World, numbers: int) -> Function:
    """The compiled version of a function of a handle and some whole numbers: it is called with no look at their types.

    Finding the types of a handle and of numbers takes longer than a small function does.
    """
    return function if IS_INTERPRETED else _version(function, cast(Any, handle)._type, numbers)


@functools.cache
def _version(function: Any, table: WorldTable, numbers: int) -> Any:
    return function.compile((table, *[types.int64] * numbers))


@functools.cache
def _table_of(arrays: tuple[tuple[np.dtype, int], ...]) -> WorldTable:
    """The type of a World with arrays of these types and numbers of axes; a sweep asks for one of few at every run."""
    return WorldTable(tuple(types.Array(numba.from_dtype(dtype), ndim, "C") for dtype, ndim in arrays))


@register_model(WorldTable)
class _TableModel(models.PrimitiveModel):
    """In compiled code a handle is the address of the table."""

    def __init__(self, manager: Any, kind: WorldTable) -> None:
        super().__init__(manager, kind, WORD.as_pointer())


@unbox(WorldTable)
def _address(kind: WorldTable, handle: Any, c: Any) -> NativeValue:
    address = c.pyapi.object_getattr_string(handle, "_meminfo")
    pointer = c.builder.bitcast(c.pyapi.long_as_voidptr(address), WORD.as_pointer())
    c.pyapi.decref(address)
    return NativeValue(pointer)


@infer_getattr
class _ArrayOfWorld(AttributeTemplate):  # type: ignore[misc]
    key = WorldTable

    def generic_resolve(self, kind: WorldTable, name: str) -> types.Array | None:  # type: ignore[override]
        return kind.arrays[name][0] if name in kind.arrays else None


@lower_getattr_generic(WorldTable)
def _read_array(context: Any, builder: Any, kind: WorldTable, table: Any, name: str) -> Any:
    """The array as compiled code knows it, without an owner to count references of."""
    array_type, first_word = kind.arrays[name]

    def word(k: int) -> Any:
        value = builder.load(builder.gep(table, [ir.Constant(WORD, first_word + k)]))
        value.set_metadata(_UNCHANGING, builder.module.add_metadata([]))
        return value

    array = make_array(array_type)(context, builder)
    size = context.get_abi_sizeof(context.get_data_type(array_type.dtype))
    shape = [word(1 + axis) for axis in range(array_type.ndim)]
    strides = [ir.Constant(WORD, size)]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    data = builder.inttoptr(word(0), array.data.type)
    populate_array(array, data=data, shape=shape, strides=strides, itemsize=ir.Constant(WORD, size), meminfo=None)
    return array._getvalue()
