"""Flax's msgpack and Orbax."""

import orbax.checkpoint as ocp
from flax import serialization
from write import array, arrays, names


def nested(values):
    tree = {}
    for name, value in values.items():
        dtype, shape = name.split(".", 1)
        tree.setdefault("params", {}).setdefault(dtype, {})[f"s{shape}"] = value
    return tree


def flat(values):
    return {"params/{0}/s{1}".format(*name.split(".", 1)): value for name, value in values.items()}


def write(cases):
    values = arrays(names)
    path = cases.path("flax", "tree.msgpack")
    path.write_bytes(serialization.msgpack_serialize(nested(values)))
    cases.add("Flax msgpack", "flax", "every dtype", path, flat(values))
    small = serialization.MAX_CHUNK_SIZE
    serialization.MAX_CHUNK_SIZE = 1024
    try:
        value = {"params/w": array("f32", (40, 30)), "params/h": array("bf16", (999,))}
        path = cases.path("flax", "chunked.msgpack")
        path.write_bytes(serialization.msgpack_serialize({"params": {k[7:]: v for k, v in value.items()}}))
        cases.add("Flax msgpack", "flax", "chunked arrays", path, value)
    finally:
        serialization.MAX_CHUNK_SIZE = small

    # Orbax writes no array without elements, and numbers without axes as numbers of a run.
    values = {name: value for name, value in values.items() if value.size > 0 and value.ndim > 0}
    for name, options in {"OCDBT": {"use_ocdbt": True}, "Zarr": {"use_ocdbt": False}, "Zarr 3": {"use_ocdbt": False, "use_zarr3": True},
                          "OCDBT, Zarr 3": {"use_ocdbt": True, "use_zarr3": True}}.items():  # fmt: skip
        folder = cases.path("orbax", name.replace(", ", "-").replace(" ", ""), "x").parent
        folder.rmdir()
        ocp.Checkpointer(ocp.PyTreeCheckpointHandler(**options)).save(folder, nested(values))
        cases.add("Orbax", "orbax-checkpoint tensorstore", name, folder / "_METADATA", flat(values))
