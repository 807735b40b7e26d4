"""Writes checkpoints with each framework's own writer, and beside them what was given to the writer.

Run by ../conformance.mjs: python write.py FOLDER. A framework that is not installed is named and left out. Bytes are compared, so
values include infinities, NaN, zeros of both signs and the smallest numbers.
"""

import base64
import importlib
import importlib.metadata
import json
import os
import pathlib
import sys
import traceback
import warnings

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "KERAS_BACKEND": "tensorflow"}
warnings.simplefilter("ignore")

import ml_dtypes  # noqa: E402
import numpy as np  # noqa: E402

names = {
    "f64": np.float64, "f32": np.float32, "f16": np.float16, "bf16": ml_dtypes.bfloat16,
    "f8_e4m3fn": ml_dtypes.float8_e4m3fn, "f8_e5m2": ml_dtypes.float8_e5m2,
    "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64,
    "u8": np.uint8, "u16": np.uint16, "u32": np.uint32, "u64": np.uint64, "bool": np.bool_,
}  # fmt: skip
dtype_names = {np.dtype(dtype): name for name, dtype in names.items()}
of_numpy = [name for name in names if name[0] in "iu" or name in ("f64", "f32", "f16", "bool")]
shapes = [(), (0, 3), (7,), (3, 5), (2, 3, 4), (2, 3, 3, 5)]
rng = np.random.default_rng(0)


def array(dtype, shape):
    """Any bits are a number, but for bool."""
    kind = np.dtype(names[dtype])
    if dtype == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    size = int(np.prod(shape)) * kind.itemsize
    return np.frombuffer(rng.integers(0, 256, size, np.uint8).tobytes(), kind).reshape(shape).copy()


def arrays(dtypes, shapes=shapes):
    return {f"{dtype}.{'x'.join(map(str, shape)) or 'scalar'}": array(dtype, shape) for dtype in dtypes for shape in shapes}


class Cases:
    def __init__(self, folder):
        self.folder, self.cases, self.absent = folder, [], []

    def path(self, *parts):
        path = self.folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def add(self, format, packages, variant, file, expected):
        """`expected`: name -> array as the checkpoint must give it."""
        tensors = {}
        for name, value in expected.items():
            value = np.asarray(value)
            data = base64.b64encode(np.ascontiguousarray(value).astype(value.dtype.newbyteorder("<")).tobytes()).decode()
            tensors[name] = {"dtype": dtype_names[value.dtype.newbyteorder("=")], "shape": list(value.shape), "data": data}
        writer = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in packages.split())
        file = str(pathlib.Path(file).relative_to(self.folder))
        self.cases.append({"format": format, "writer": writer, "variant": variant, "file": file, "tensors": tensors})


def main(folder):
    cases = Cases(pathlib.Path(folder).resolve())
    here = pathlib.Path(__file__).parent
    sys.path.insert(0, str(here))
    for module in ("torch_files", "numpy_files", "jax_files", "onnx_files", "gguf_files", "tensorflow_files", "keras_files"):
        try:
            importlib.import_module(module).write(cases)
        except ModuleNotFoundError as error:
            cases.absent.append(f"{module.removesuffix('_files')}: {error}")
        except Exception:
            # One writer that fails must not keep the others from being compared; the table says so.
            cases.absent.append(f"{module.removesuffix('_files')}: {traceback.format_exc(limit=-2)}")
        print(module, len(cases.cases), file=sys.stderr, flush=True)
    (cases.folder / "cases.json").write_text(json.dumps({"cases": cases.cases, "absent": cases.absent}))


if __name__ == "__main__":
    # The modules that write import this one by its name.
    sys.modules["write"] = sys.modules["__main__"]
    main(sys.argv[1])
