"""Run the scripts of PyTorch models and data before and after the edits, and look at what the edits do.

    $PYTHON test/training/effects/torch_layers.py [--json FILE] [name ...]

needs torch 2.13, torchvision 0.28 and scikit-learn. All scripts run in this one process, each once. A case fails when a
script raises, or when the effect is not there: it is measured on the trained model, not taken from the code.
"""

import argparse
import contextlib
import copy
import io
import json
import os
import pathlib
import runpy
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(1)

try:
    import torchvision  # noqa: F401
except RuntimeError:
    # A CUDA build of torchvision beside a CPU build of torch lacks its operators; their schemas are enough to import it.
    for name in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        library.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "training" / "torch"
CASES = []
seen = {}


def case(technique, script, variant, shape):
    def add(check):
        CASES.append((technique, script, variant, shape, check))
        return check

    return add


def run(name):
    if name not in seen:
        with contextlib.redirect_stdout(io.StringIO()):
            seen[name] = runpy.run_path(str(FIXTURES / f"{name}.py"), run_name=name)
    return seen[name]


def inputs(space, count=50):
    return space["X"][:count]


def differs(model, x):
    """Whether two passes differ: in training, and in evaluation."""
    with torch.no_grad():
        model.train()
        in_training = not torch.equal(model(x), model(x))
        model.eval()
        in_evaluation = not torch.equal(model(x), model(x))
    return in_training, in_evaluation


def random_in_training_only(before, after):
    x = inputs(after)
    assert differs(before["model"], x) == (False, False), "the script was random before"
    assert differs(after["model"], x) == (True, False), "not random in training, or random in evaluation"
    return "two passes differ: training no -> yes, evaluation no -> no"


def layers_of(model, kind):
    return [module for module in model.modules() if isinstance(module, kind)]


def expectation_kept(layer, x):
    """Expected activations in training are those of evaluation."""
    layer = copy.deepcopy(layer).train()
    mean = torch.stack([layer(x) for _ in range(3000)]).mean(0)
    return float((mean - layer.eval()(x)).abs().max())


def zeros_of(layer, x):
    layer = copy.deepcopy(layer)
    return float((layer.train()(x) == 0).float().mean()), float((layer.eval()(x) == 0).float().mean())


@case("dropout", "layers_mlp", "dropout", "class")
@case("dropout", "layers_mlp", "dropout_functional", "class")
def check_dropout(before, after):
    note = random_in_training_only(before, after)
    layers = layers_of(after["model"], nn.Dropout)
    for layer in layers[:1]:
        training, evaluation = zeros_of(layer, torch.ones(20000))
        assert abs(training - 0.5) < 0.02 and evaluation == 0, (training, evaluation)
        error = expectation_kept(layer, torch.ones(20))
        assert error < 0.1, error
        note += f"; zeros {training:.2f} -> {evaluation:.0f}, mean within {error:.2f}"
    last = after["model"].fc3
    seen_outputs = []
    handle = last.register_forward_hook(lambda *values: seen_outputs.append(values[2]))
    after["model"].train()
    output = after["model"](inputs(after))
    handle.remove()
    assert torch.equal(seen_outputs[0], output), "something follows the last layer"
    return note


@case("dropout", "layers_sequential", "dropout", "Sequential")
def check_dropout_elements(before, after):
    names = [type(module).__name__ for module in after["net"]]
    assert names.index("Dropout") == len(names) - 2 and names[4:6] == ["Dropout2d", "Flatten"], names
    channels = copy.deepcopy(after["net"][4]).train()(torch.ones(200, 16, 4, 4)).flatten(2)
    whole = bool((channels.amax(2) == channels.amin(2)).all())
    assert whole and 0.05 < float((channels[..., 0] == 0).float().mean()) < 0.15
    return random_in_training_only(before, after) + "; whole channels are dropped"


@case("dropout", "layers_lenet", "dropout", "class, nested calls")
def check_dropout_nested(before, after):
    kinds = {type(module).__name__ for module in after["model"].modules()}
    assert {"Dropout", "Dropout2d"} <= kinds, kinds
    return random_in_training_only(before, after)


@case("dropout", "layers_lstm", "dropout", "LSTM")
def check_dropout_recurrent(before, after):
    assert after["model"].lstm.dropout == 0.2
    return random_in_training_only(before, after)


def batch_statistics(before, after, kind):
    norms = layers_of(after["model"], (nn.BatchNorm1d, nn.BatchNorm2d))
    assert norms and not layers_of(before["model"], (nn.BatchNorm1d, nn.BatchNorm2d))
    norm = norms[0]
    assert isinstance(norm, kind) and int(norm.num_batches_tracked) > 0
    without_bias = [module for module in layers_of(after["model"], (nn.Linear, nn.Conv2d)) if module.bias is None]
    assert len(without_bias) == len(norms), "a layer before a norm kept its bias, or another lost it"
    model, x = after["model"], inputs(after)
    with torch.no_grad():
        model.train()
        alone, others = model(x)[:5], model(torch.cat([x[:5], 2 * x[5:]]))[:5]
        depends = float((alone - others).abs().max())
        model.eval()
        fixed = float((model(x)[:5] - model(x[:5])).abs().max())
    assert depends > 1e-3 and fixed < 1e-4, (depends, fixed)
    return f"a sample's output depends on its batch: training {depends:.2f}, evaluation {fixed:.0e}; {len(norms)} norms, as many biases less"


@case("batch-norm", "layers_mlp", "batch_norm", "class")
def check_norm_class(before, after):
    return batch_statistics(before, after, nn.BatchNorm1d)


@case("batch-norm", "layers_lenet", "batch_norm", "class, nested calls")
@case("batch-norm", "layers_sequential", "batch_norm", "Sequential")
def check_norm_convolution(before, after):
    return batch_statistics(before, after, nn.BatchNorm2d)


@case("dropconnect", "layers_mlp", "dropconnect", "class")
@case("dropconnect", "layers_sequential", "dropconnect", "Sequential")
def check_dropconnect(before, after):
    layers = [module for module in after["model"].modules() if type(module).__name__ == "DropConnectLinear"]
    assert len(layers) == 1 and list(after["model"].state_dict()) == list(before["model"].state_dict())
    layer = copy.deepcopy(layers[0]).train()
    # With the identity as input, the outputs are the weights themselves: single weights are masked, not rows or columns.
    with torch.no_grad():
        weights = layer(torch.eye(layer.in_features)) - layer.bias
        masked = (weights.abs() < 1e-9).float()
        rows, columns = masked.mean(0), masked.mean(1)
        error = expectation_kept(layer, torch.ones(1, layer.in_features))
    assert abs(float(masked.mean()) - 0.5) < 0.05 and 0 < rows.min() and rows.max() < 1 and columns.max() < 1
    assert error < 0.1, error
    return f"{float(masked.mean()):.2f} of single weights masked, no whole unit; mean within {error:.2f}; " + random_in_training_only(before, after)


@case("spectral-norm", "layers_mlp", "spectral_norm", "class")
def check_spectral_norm(before, after):
    sigma = [float(torch.linalg.matrix_norm(space["model"].fc2.weight.detach(), 2)) for space in (before, after)]
    assert sigma[0] > 1.5 and abs(sigma[1] - 1) < 0.1, sigma
    assert "fc2.parametrizations.weight.original" in after["model"].state_dict()
    return f"largest singular value {sigma[0]:.2f} -> {sigma[1]:.3f}"


@case("fractional-pooling", "layers_sequential", "fractional_pooling", "Sequential")
@case("fractional-pooling", "layers_lenet", "fractional_pooling", "class, function")
def check_fractional(before, after):
    pool = next(module for module in after["model"].modules() if type(module).__name__ == "FractionalPool2d")
    out = pool(torch.rand(2, 3, 8, 8))
    assert out.shape[-1] == 5, out.shape
    model, x = after["model"], inputs(after)
    with torch.no_grad():
        model.train()
        outputs = [model(x) for _ in range(10)]
        model.eval()
        fixed = torch.equal(model(x), model(x))
    assert any(not torch.equal(outputs[0], other) for other in outputs) and fixed
    return "8x8 -> 5x5, random regions in training, fixed ones in evaluation"


@case("stochastic-depth", "layers_residual", "stochastic_depth", "class, helper")
@case("stochastic-depth", "layers_residual_torchvision", "stochastic_depth", "class, torchvision")
def check_depth(before, after):
    blocks = after["model"].blocks
    rates = [block.drop_path.p for block in blocks]
    assert all(abs(rate - 0.04 * index) < 1e-9 for index, rate in enumerate(rates)), rates
    block, x = blocks[-1], torch.rand(4000, 64)
    with torch.no_grad():
        block.train()
        skipped = float((block(x) == F.relu(x)).all(1).float().mean())
        branch = block.drop_path(torch.ones(4000, 8))
        block.eval()
        full = F.relu(x + block.fc2(F.relu(block.fc1(x))))
        assert torch.allclose(block(x), full), "evaluation does not run the whole block"
    assert abs(skipped - 0.2) < 0.03 and abs(float(branch.mean()) - 1) < 0.05
    return f"rates {rates[0]:.2f} to {rates[-1]:.2f}; last branch skipped for {skipped:.3f} of the samples, never in evaluation"


def varying(dataset):
    return sum(not torch.equal(dataset[index][0], dataset[index][0]) for index in range(20))


@case("augmentation", "layers_shared_transform", "augmentation", "Compose shared with the test data")
@case("augmentation", "layers_own_transforms", "augmentation", "Compose of the training data, v2")
def check_augmentation(before, after):
    counts = [varying(space[name]) for space in (before, after) for name in ("train_set", "test_set")]
    assert counts[0] == 0 and counts[1] == 0 and counts[3] == 0 and counts[2] >= 18, counts
    return f"images that vary: training {counts[0]} -> {counts[2]} of 20, test {counts[1]} -> {counts[3]}"


@case("cutout", "layers_shared_transform", "cutout", "Compose shared with the test data")
@case("cutout", "layers_own_transforms", "cutout", "Compose of the training data, v2")
def check_cutout(before, after):
    torch.manual_seed(1)
    erased, values = 0, set()
    for index in range(60):
        old, new = before["train_set"][index][0], after["train_set"][index][0]
        changed = old != new
        erased += bool(changed.any())
        values |= set(new[changed].tolist())
    assert 15 < erased < 45 and values == {0.0}, (erased, values)
    assert varying(after["test_set"]) == 0
    return f"{erased} of 60 training images have a square of 0, the mean after Normalize; no test image"


@case("cutout", "layers_lenet", "cutout", "batches of tensors")
def check_cutout_of_batches(before, after):
    torch.manual_seed(0)
    images = torch.ones(500, 2, 8, 8)
    holes = after["cutout"](images, size=4) == 0
    sizes = holes[:, 0].sum((1, 2))
    rows, columns = holes[:, 0].any(2).sum(1), holes[:, 0].any(1).sum(1)
    assert torch.equal(rows * columns, sizes) and int(rows.max()) == 4 and int(sizes.min()) >= 4
    assert torch.equal(holes[:, 0], holes[:, 1]) and float(images.min()) == 1
    seen_inputs = {True: [], False: []}
    model = after["model"]
    handle = model.register_forward_pre_hook(lambda module, values: seen_inputs[module.training].append(values[0]))
    after["train"](model, after["train_loader"], after["criterion"], after["optimizer"])
    after["evaluate"](model, after["test_loader"])
    handle.remove()
    blank = [float((torch.cat(batches)[:, 0] == 0).float().mean()) for batches in (seen_inputs[True], seen_inputs[False])]
    plain = float((after["X"][:600] == 0).float().mean())
    assert blank[0] > plain + 0.05 and abs(blank[1] - plain) < 0.03, (blank, plain)
    return f"squares of at most 4 x 4; pixels of 0: training {plain:.2f} -> {blank[0]:.2f}, evaluation {blank[1]:.2f}"


@case("hazards", "layers_hazards", "fixed", "fixes of all hazards")
def check_hazards(before, after):
    assert differs(before["model"], inputs(before)) == (True, True), "nothing was wrong before"
    assert differs(after["model"], inputs(after)) == (True, False)
    assert before["model"].fc1.bias is not None and after["model"].fc1.bias is None
    decays = {(p.ndim > 1, group["weight_decay"]) for group in after["optimizer"].param_groups for p in group["params"]}
    assert decays == {(True, 1e-2), (False, 0.0)}, decays
    assert type(after["optimizer"]).__name__ == "AdamW"
    return "dropout in evaluation yes -> no; vectors decay yes -> no; Adam -> AdamW"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    results, failures = [], 0
    for technique, script, variant, shape, check in CASES:
        name = f"{script}.{variant}"
        if options.names and not any(part in name for part in options.names):
            continue
        start = time.perf_counter()
        runs = False
        try:
            torch.manual_seed(0)
            before, after = run(script), run(name)
            runs = True
            torch.manual_seed(0)
            effect = check(before, after)
        except Exception as error:
            failures += 1
            effect = f"{type(error).__name__}: {error}"
            print(f"FAIL {name}: {effect}", flush=True)
        else:
            print(f"ok   {name:46} {time.perf_counter() - start:5.1f} s  {effect}", flush=True)
        results.append(
            {
                "case": name,
                "technique": technique,
                "variant": variant,
                "framework": "PyTorch",
                "shape": shape,
                "runs": runs,
                "effect": effect,
            }
        )
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1))
    print(f"{len(results) - failures} of {len(results)} pass")
    return 1 if failures or not results else 0


if __name__ == "__main__":
    sys.exit(main())
