"""Measures every example checkpoint with NumPy, checks what README.md claims and writes its table.

    python check.py            # prints the table, exits with 1 if a claim does not hold
    python check.py --write    # also puts the table into README.md
"""

import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from torch.utils.data import DataLoader

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import h5py  # noqa: E402
import keras  # noqa: E402

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "pytorch"))
from train_digits import DigitsNet, evaluate, load_data  # noqa: E402

BUDGET = 3_000_000
COLUMNS = (
    "checkpoint",
    "bytes",
    "test accuracy",
    "widest layer",
    "RMS",
    "exact zeros",
    "below RMS/100",
    "zero rows",
    "largest cos",
    "σ max",
    "σ min",
    "cv σ",
)


def measure(weights):
    """Measures a kernel given with one row per output unit."""
    w = weights.astype(np.float64)
    rms = np.sqrt(np.mean(w**2))
    norms = np.linalg.norm(w, axis=1)
    live = w[norms > 0] / norms[norms > 0, None]
    cosines = np.abs(live @ live.T)[~np.eye(len(live), dtype=bool)]
    sigma = np.linalg.svd(w, compute_uv=False)
    return {
        "shape": w.shape,
        "rms": rms,
        "zeros": np.mean(w == 0),
        "near": np.mean(np.abs(w) < rms / 100),
        "dead": int(np.sum(norms == 0)),
        "cosine": cosines.max(),
        "sigma_max": sigma[0],
        "sigma_min": sigma[-1],
        "cv": sigma.std() / sigma.mean(),
    }


def pytorch_accuracy(state):
    model = DigitsNet()
    model.load_state_dict(state)
    return evaluate(model, DataLoader(load_data()[1], batch_size=256))


def read_pytorch(path):
    if path.suffix == ".safetensors":
        with safe_open(path, "pt") as file:
            state = {key: file.get_tensor(key) for key in file.keys()}
    elif path.suffix == ".npz":
        state = {key: torch.from_numpy(value) for key, value in np.load(path).items()}
    else:
        state = torch.load(path, weights_only=True)["model"]
    return state["classifier.1.weight"].numpy(), pytorch_accuracy(state)


def read_keras(path):
    keras_folder = HERE / "keras"
    if path.name.endswith(".weights.h5"):
        model = keras.models.load_model(keras_folder / "models" / "digits.keras")
        model.load_weights(path)
        with h5py.File(path) as file:
            kernel = file["layers/dense/vars/0"][:]
    else:
        model = keras.models.load_model(path)
        kernel = model.get_layer("hidden").get_weights()[0]
    _, test_set = load_data()
    images, labels = test_set[:]
    _, accuracy = model.evaluate(images.numpy().reshape(-1, 8, 8, 1), labels.numpy(), verbose=0)
    return kernel.T, accuracy


def read_tfjs(path):
    model = json.loads(path.read_text())
    data = path.with_name("weights.bin").read_bytes()
    offset = 0
    for spec in model["weightsManifest"][0]["weights"]:
        count = int(np.prod(spec["shape"]))
        if spec["name"] == "hidden/kernel":
            kernel = np.frombuffer(data, "<f4", count, offset).reshape(spec["shape"])
        offset += 4 * count  # float32 and int32 alike
    if offset != len(data):
        raise ValueError(f"weights.bin has {len(data)} bytes, the manifest names {offset}")
    # TensorFlow.js is not at hand here: this is the accuracy that the training script measured.
    return kernel.T, model["userDefinedMetadata"]["accuracy"]


def checkpoints():
    folder = HERE / "pytorch" / "checkpoints"
    for path in sorted([*folder.glob("*.pt"), *folder.glob("*.safetensors")]):
        yield path, read_pytorch
    for name in ("digits.keras", "digits.h5", "digits.weights.h5"):
        yield HERE / "keras" / "models" / name, read_keras
    yield HERE / "tfjs" / "model" / "model.json", read_tfjs
    yield HERE / "numpy" / "digits-l1.npz", read_pytorch


def claims(found):
    none, l1 = found["digits-none.safetensors"], found["digits-l1.safetensors"]
    orthogonal, decayed = found["digits-orthogonal.safetensors"], found["digits-weight-decay.pt"]
    tfjs = found["model.json"]
    yield "every accuracy is at least 0.93", min(f["accuracy"] for f in found.values()) >= 0.93
    yield "without a regularizer no weight is exactly zero", none["zeros"] == 0
    yield "proximal L1 makes most weights exactly zero", l1["zeros"] > 0.5
    yield "proximal L1 switches whole units off", l1["dead"] > 0
    yield "proximal L1 leaves a pair of nearly parallel units", l1["cosine"] > 0.95
    yield "L1 on the loss gives near zeros and no exact ones", (
        tfjs["zeros"] == 0 and tfjs["near"] > 10 * none["near"]
    )
    yield "the Gram penalty makes all singular values alike", orthogonal["cv"] < 0.05
    yield "the Gram penalty makes all rows nearly perpendicular", orthogonal["cosine"] < 0.05
    yield "without it they are neither", none["cv"] > 0.3 and none["cosine"] > 0.3
    yield "weight decay makes the weights smaller", decayed["rms"] < 0.8 * none["rms"]
    yield "the archive holds the numbers of the L1 run", found["digits-l1.npz"]["rms"] == l1["rms"]


def recorded_claims():
    folder = HERE / "pytorch" / "checkpoints"
    plain = torch.load(folder / "digits-epoch10.pt", weights_only=True)["optimizer"]
    decayed = torch.load(folder / "digits-weight-decay.pt", weights_only=True)["optimizer"]
    yield "the plain run records no weight decay", (
        [group["weight_decay"] for group in plain["param_groups"]] == [0]
    )
    yield "the decayed run records a group with it and one without", (
        [group["weight_decay"] for group in decayed["param_groups"]] == [1.0, 0.0]
    )
    ignored = {"node_modules", "__pycache__"}
    paths = [p for p in HERE.rglob("*") if p.is_file() and not ignored & set(p.parts)]
    total = sum(p.stat().st_size for p in paths)
    yield f"the folder's {total:,} bytes are under {BUDGET:,}", total < BUDGET


def row(path, found):
    rows, columns = found["shape"]
    size = path.stat().st_size
    if path.name == "model.json":
        size += path.with_name("weights.bin").stat().st_size
    return (
        f"`{path.relative_to(HERE)}`",
        f"{size:,}",
        f"{found['accuracy']:.3f}",
        f"{rows} × {columns}",
        f"{found['rms']:.4f}",
        f"{found['zeros']:.1%}",
        f"{found['near']:.1%}",
        str(found["dead"]),
        f"{found['cosine']:.3f}",
        f"{found['sigma_max']:.3f}",
        f"{found['sigma_min']:.3f}",
        f"{found['cv']:.3f}",
    )


def write_table(table):
    readme = HERE / "README.md"
    begin, end = "<!-- table: written by check.py -->", "<!-- /table -->"
    before, rest = readme.read_text().split(begin)
    _, after = rest.split(end)
    readme.write_text(f"{before}{begin}\n\n{table}\n\n{end}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    args = parser.parse_args()

    found, rows = {}, []
    for path, read in checkpoints():
        kernel, accuracy = read(path)
        found[path.name] = {**measure(kernel), "accuracy": accuracy}
        rows.append(row(path, found[path.name]))
    alignment = ["---"] + ["--:"] * (len(COLUMNS) - 1)
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in [COLUMNS, alignment, *rows])
    print(table, end="\n\n")
    if args.write:
        write_table(table)

    failed = 0
    for claim, holds in [*claims(found), *recorded_claims()]:
        print(f"{'ok  ' if holds else 'FAIL'} {claim}")
        failed += not holds
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
