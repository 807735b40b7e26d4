"""NumPy's own files, and HDF5 without Keras."""

import h5py
import numpy as np
from write import arrays, of_numpy


def write(cases):
    values = arrays(of_numpy)
    path = cases.path("numpy", "all.npz")
    np.savez(path, **values)
    cases.add("npz", "numpy", "stored", path, values)
    path = cases.path("numpy", "all_compressed.npz")
    np.savez_compressed(path, **values)
    cases.add("npz", "numpy", "compressed", path, values)
    path = cases.path("numpy", "fortran.npz")
    # Strides in any order, and the other byte order.
    np.savez(path, **{name: np.asarray(value, value.dtype.newbyteorder(">"), order="F") for name, value in values.items()})
    cases.add("npz", "numpy", "Fortran order, big endian", path, values)
    for version in ((1, 0), (2, 0), (3, 0)):
        for dtype, order in (("f32", "C"), ("f64", "F"), ("i16", "C")):
            value = values[f"{dtype}.2x3x4"]
            path = cases.path("numpy", f"array{version[0]}{dtype}.npy")
            with open(path, "wb") as file:
                np.lib.format.write_array(file, np.asarray(value, order=order), version=version)
            cases.add("npy", "numpy", f"version {version[0]}, {dtype}, order {order}", path, {path.stem: value})

    variants = {
        "contiguous": {},
        "chunked": {"chunks": True},
        "gzip, shuffle, fletcher32": {"compression": "gzip", "shuffle": True, "fletcher32": True},
    }
    for version in ("earliest", "latest"):
        for name, options in variants.items():
            path = cases.path("hdf5", f"{version}-{name.split(',')[0]}.h5")
            with h5py.File(path, "w", libver=version) as file:
                for key, value in values.items():
                    own = {} if value.ndim == 0 or value.size == 0 else options
                    dtype = value.dtype.newbyteorder(">") if key.endswith("3x5") and value.dtype != bool else value.dtype
                    file.create_dataset(key.replace(".", "/"), data=value.astype(dtype), **own)
            cases.add("HDF5", "h5py", f"{name}, libver {version}", path, {k.replace(".", "/"): v for k, v in values.items()})
