"""Singular values of layers by one method of one library: a line of JSON in, a line out. Imports are not timed."""

import json
import sys
import time

import numpy as np

method = sys.argv[1]
kept = {}


def mapped(layer):
    shape = (layer["rows"], layer["columns"])
    return np.memmap(layer["file"], dtype="<f4", mode="r", offset=layer["offset"], shape=shape)


def numpy_svdvals(matrix):
    return np.linalg.svd(matrix, compute_uv=False)


def numpy_gram(matrix):
    wide = matrix.astype(np.float64)
    tall = wide.shape[0] >= wide.shape[1]
    eigenvalues = np.linalg.eigvalsh(wide.T @ wide if tall else wide @ wide.T)
    return np.sqrt(np.maximum(eigenvalues[::-1], 0))


def torch_svdvals(matrix):
    return torch.linalg.svdvals(torch.from_numpy(matrix))


def weightwatcher_analyze(layers):
    """All layers at once, as linear layers of a model: the way WeightWatcher takes them."""
    model = torch.nn.Sequential()
    for i, layer in enumerate(layers):
        linear = torch.nn.Linear(layer["columns"], layer["rows"], bias=False)
        linear.weight.data = torch.from_numpy(np.array(mapped(layer)))
        model.add_module(str(i), linear)
    weightwatcher.WeightWatcher(model=model).analyze(plot=False)


if method.startswith(("torch", "weightwatcher")):
    import torch
if method.startswith("weightwatcher"):
    import weightwatcher

functions = {"numpy": numpy_svdvals, "numpy-gram": numpy_gram, "torch": torch_svdvals}
# A library that greets on standard output would speak between the answers.
answers, sys.stdout = sys.stdout, sys.stderr

for line in sys.stdin:
    task = json.loads(line)
    layers = task["layers"]
    try:
        if task.get("keep"):
            # Read before the clock starts.
            key = layers[0]["file"]
            if key not in kept:
                kept.clear()
                kept[key] = np.array(mapped(layers[0]))
            read = lambda layer: kept[key]
        else:
            read = lambda layer: np.array(mapped(layer))
        values = []
        start = time.perf_counter()
        for _ in range(task.get("count", 1)):
            if method == "weightwatcher":
                weightwatcher_analyze(layers)
                continue
            for layer in layers:
                values = functions[method](read(layer))
        seconds = (time.perf_counter() - start) / task.get("count", 1)
        reply = {"seconds": seconds}
        if task.get("values"):
            reply["values"] = np.asarray(values, dtype=np.float64).tolist()
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), file=answers, flush=True)
