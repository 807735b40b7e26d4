"""Run the training loops of PyTorch, Lightning and the Hugging Face Trainer before and after the edits, and look at what the
edits do.

    $PYTHON test/training/effects/torch_loop.py [--json FILE] [name ...]

needs torch 2.13, torchvision 0.28, lightning 2.6, transformers 5.18 with accelerate, and scikit-learn. All scripts run in this one process, each
once; the norm of the gradient at every step and every call of the cross entropy are recorded on the way. A case fails when a
script raises, or when the effect is not there.
"""

import argparse
import contextlib
import io
import json
import logging
import math
import os
import pathlib
import runpy
import sys
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402
from torch.optim.optimizer import register_optimizer_step_post_hook  # noqa: E402

torch.set_num_threads(1)
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

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
gradient_norms = []
entropies = []


def remember_gradient(optimizer, args, kwargs):
    squares = [p.grad.square().sum() for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    gradient_norms.append(math.sqrt(float(sum(squares))))


original_cross_entropy = F.cross_entropy


def remember_entropy(*args, **kwargs):
    if torch.is_grad_enabled():
        entropies.append((args[0], args[1], kwargs.get("label_smoothing", 0.0)))
    return original_cross_entropy(*args, **kwargs)


register_optimizer_step_post_hook(remember_gradient)
F.cross_entropy = remember_entropy


def case(technique, variant, *scripts, framework="PyTorch", shape="training loop"):
    def add(check):
        for script in scripts:
            CASES.append((technique, script, variant, framework, shape, check))
        return check

    return add


def run(name):
    if name not in seen:
        gradient_norms.clear()
        entropies.clear()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            space = runpy.run_path(str(FIXTURES / f"{name}.py"), run_name="__main__")
        smoothing = {value for _, _, value in entropies}
        seen[name] = {**space, "norms": list(gradient_norms), "entropies": entropies[-2:], "smoothing": smoothing}
    return seen[name]


def weights(space):
    return [p.detach() for p in space["model"].parameters() if p.ndim > 1]


def share(space, limit):
    """The share of weights whose absolute value is at most the limit."""
    flat = torch.cat([w.flatten() for w in weights(space)])
    return float((flat.abs() <= limit).float().mean())


def layers(model):
    return [m for m in model.modules() if isinstance(m, (nn.Linear, nn.Conv2d))]


def residual(layer):
    """W Wᵀ − I on the smaller side."""
    w = layer.weight.detach().flatten(1)
    gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    return gram - torch.eye(len(gram))


def gram_error(model):
    return float(sum(residual(layer).square().sum() for layer in layers(model)))


def plain_loss(space, data):
    """The cross entropy on the validation data, without any term."""
    x, y = data
    model = space["model"].eval()
    with torch.no_grad():
        output = model(x)
    return float(original_cross_entropy(getattr(output, "logits", output), y))


def validation_is_plain(space):
    loss = plain_loss(space, (space["X"][1200:], space["y"][1200:]))
    assert abs(loss - space["val_loss"]) < 1e-4, f"validation reports {space['val_loss']}, the plain loss is {loss}"


def evaluation_is_plain(space):
    rows = space["data"][1500:1700]
    data = torch.stack([row["pixel_values"] for row in rows]), torch.tensor([row["labels"] for row in rows])
    loss, reported = plain_loss(space, data), space["metrics"]["eval_loss"]
    assert abs(loss - reported) < 1e-3, f"evaluation reports {reported}, the plain loss is {loss}"


@case("l1", "torch.l1.proximal", "loop_mlp", "loop_amp")
@case("l1", "lightning.l1.proximal", "loop_lightning", framework="Lightning", shape="optimizer_step")
@case("l1", "trainer.l1.proximal", "loop_trainer", framework="Hugging Face Trainer", shape="callback")
def exact_zeros(before, after):
    old, new = share(before, 0.0), share(after, 0.0)
    biases = [p.detach() for p in after["model"].parameters() if p.ndim == 1]
    assert old < 0.01 and new > 0.1, f"{old:.3f} -> {new:.3f} exact zeros"
    assert all(bool(b.abs().max() > 0) for b in biases if len(b) > 1), "biases were set to zero"
    return f"exact zeros {old:.3f} -> {new:.3f}"


@case("l1", "torch.l1.loss", "loop_mlp", "loop_amp", "loop_direct")
@case("l1", "lightning.l1.loss", "loop_lightning", framework="Lightning", shape="training_step")
@case("l1", "trainer.l1.loss", "loop_trainer", framework="Hugging Face Trainer", shape="compute_loss")
def small_weights(before, after):
    old, new = share(before, 1e-3), share(after, 1e-3)
    assert new > 2 * old and new > 0.05, f"|w| <= 1e-3: {old:.3f} -> {new:.3f}"
    if "val_loss" in after and "trainer" in after:
        validation_is_plain(after)
    if "metrics" in after:
        evaluation_is_plain(after)
    return f"|w| <= 1e-3: {old:.3f} -> {new:.3f}"


@case("l1", "torch.l1.pruning", "loop_mlp", "loop_images")
def pruned(before, after):
    old, new = share(before, 0.0), share(after, 0.0)
    assert old < 0.01 and abs(new - 0.8) < 0.01, f"{old:.3f} -> {new:.3f} exact zeros"
    assert all("weight_orig" not in key for key in after["model"].state_dict()), "pruning is not permanent"
    return f"exact zeros {old:.3f} -> {new:.3f}, state-dict keys unchanged"


@case("orthogonality", "torch.orthogonality.gram", "loop_mlp", "loop_amp", "loop_direct")
@case("orthogonality", "lightning.orthogonality.gram", "loop_lightning", framework="Lightning", shape="training_step")
@case("orthogonality", "trainer.orthogonality.gram", "loop_trainer", framework="Hugging Face Trainer", shape="compute_loss")
def nearly_orthogonal(before, after):
    old, new = gram_error(before["model"]), gram_error(after["model"])
    assert new < 0.8 * old, f"sum of ||W W^T - I||^2: {old:.1f} -> {new:.1f}"
    after["model"].zero_grad()
    penalty = after["gram_penalty"](after["model"])
    penalty.backward()
    assert abs(float(penalty) - new) < 1e-3 * new, f"the penalty is {float(penalty)}, not {new}"
    assert all(float(layer.weight.grad.abs().max()) > 0 for layer in layers(after["model"])), "no gradient"
    if "metrics" in after:
        evaluation_is_plain(after)
    return f"sum of ||W W^T - I||^2: {old:.1f} -> {new:.1f}"


@case("orthogonality", "torch.orthogonality.srip", "loop_mlp")
def smaller_residual(before, after):
    norms = [
        sum(float(torch.linalg.matrix_norm(residual(layer), 2)) for layer in layers(space["model"])) for space in (before, after)
    ]
    estimate = float(after["srip_penalty"](after["model"], iterations=100))
    assert norms[1] < 0.8 * norms[0], norms
    assert abs(estimate - norms[1]) < 0.05 * norms[1], f"the penalty is {estimate}, not {norms[1]}"
    return f"sum of the largest singular values of W W^T - I: {norms[0]:.2f} -> {norms[1]:.2f}"


@case("orthogonality", "torch.orthogonality.init", "loop_mlp", shape="constructor")
def orthogonal_start(before, after):
    torch.manual_seed(0)
    errors = [gram_error(space["Net"]()) for space in (before, after)]
    assert errors[0] > 1 and errors[1] < 1e-6, errors
    return f"sum of ||W W^T - I||^2 at the start: {errors[0]:.1f} -> {errors[1]:.1e}"


@case("orthogonality", "torch.orthogonality.parametrization", "loop_mlp", shape="layer")
def orthogonal_weight(before, after):
    errors = [float(residual(space["model"].fc1).abs().max()) for space in (before, after)]
    assert errors[0] > 0.1 and errors[1] < 1e-4, errors
    keys = [key for key in after["model"].state_dict() if key.startswith("fc1.")]
    assert "fc1.weight" not in keys and any("parametrizations" in key for key in keys), keys
    return f"max |W W^T - I| of fc1: {errors[0]:.2f} -> {errors[1]:.1e}; keys {keys}"


@case("l2", "torch.l2.optimizer", "loop_mlp")
@case("l2", "torch.l2.optimizer", "loop_lightning", framework="Lightning", shape="configure_optimizers")
@case("l2", "torch.l2.loss", "loop_lbfgs", shape="closure")
@case("l2", "trainer.l2.arguments", "loop_trainer", framework="Hugging Face Trainer", shape="TrainingArguments")
def smaller_weights(before, after):
    old, new = (math.sqrt(float(sum(w.square().sum() for w in weights(space)))) for space in (before, after))
    assert new < 0.95 * old, f"|W| {old:.2f} -> {new:.2f}"
    optimizers = [space for space in [after.get("optimizer")] if space is not None]
    groups = [(p.ndim > 1, group["weight_decay"]) for o in optimizers for group in o.param_groups for p in group["params"] if "weight_decay" in group]
    assert all((decay > 0) == is_matrix for is_matrix, decay in groups), groups
    return f"|W| {old:.2f} -> {new:.2f}"


@case("mixup", "torch.mixup.loop", "loop_mlp")
@case("mixup", "lightning.mixup.loop", "loop_lightning", framework="Lightning", shape="training_step")
def mixed_with_one_weight(before, after):
    # Every sample is a unit vector with its own label, so that the mixture shows the weight and the partner.
    x, y = torch.eye(50), torch.arange(50)
    mixed, a, b, lam = after["mixup"](x, y, alpha=1.0)
    assert torch.equal(a, y) and 0 <= lam <= 1
    assert torch.allclose(mixed, lam * x[a] + (1 - lam) * x[b]), "inputs and labels are mixed differently"
    (output, first, _), (same, second, _) = after["entropies"]
    assert output is same and torch.equal(first.sort().values, second.sort().values) and not torch.equal(first, second)
    old, new = (plain_loss(space, (space["X"][:600], space["y"][:600])) for space in (before, after))
    assert new > old, f"training loss on unmixed data {old:.3f} -> {new:.3f}"
    return f"inputs and labels mixed by one weight; loss on unmixed training data {old:.4f} -> {new:.4f}"


@case("mixup", "torch.mixup.v2", "loop_images")
def mixed_shares(before, after):
    _, target, _ = after["entropies"][-1]
    assert target.shape[1] == 10 and torch.allclose(target.sum(1), torch.ones(len(target)))
    x, y = torch.zeros(10, 1, 4, 10), torch.arange(10)
    x[torch.arange(10), 0, :, torch.arange(10)] = 1.0
    mixed, shares = after["mixup"](x, y)
    assert torch.allclose(mixed[:, 0, 0, :], shares, atol=1e-6), "inputs and labels are mixed differently"
    return f"labels are shares of 10 classes, largest {float(target.max(1).values.mean()):.2f} in the mean"


@case("mixup", "trainer.mixup.subclass", "loop_trainer", framework="Hugging Face Trainer", shape="compute_loss")
def mixed_images(before, after):
    (output, first, _), (same, second, _) = after["entropies"]
    assert output is same and torch.equal(first.sort().values, second.sort().values)
    evaluation_is_plain(after)
    return "one output, two permuted sets of labels; evaluation keeps the plain loss"


@case("label-smoothing", "torch.label-smoothing.criterion", "loop_mlp", shape="CrossEntropyLoss")
@case("label-smoothing", "torch.label-smoothing.functional", "loop_images", shape="cross_entropy")
def smoothed(before, after):
    assert before["smoothing"] == {0.0} and after["smoothing"] in ({0.1}, {0.3}), after["smoothing"]
    return f"label_smoothing {before['smoothing']} -> {after['smoothing']} in every training step"


@case("label-smoothing", "trainer.label-smoothing.arguments", "loop_trainer", framework="Hugging Face Trainer", shape="TrainingArguments")
def smoothed_by_trainer(before, after):
    assert before["trainer"].label_smoother is None and after["trainer"].label_smoother.epsilon == 0.3
    old, new = before["metrics"]["eval_loss"], after["metrics"]["eval_loss"]
    assert new > old
    return f"label smoother none -> 0.3; eval_loss, smoothed too, {old:.2f} -> {new:.2f}"


@case("gradient-clipping", "torch.gradient-clipping.norm", "loop_mlp", "loop_amp")
@case("gradient-clipping", "lightning.gradient-clipping.trainer", "loop_lightning", framework="Lightning", shape="Trainer")
def clipped(before, after):
    old, new = max(before["norms"]), max(after["norms"])
    assert len(before["norms"]) == len(after["norms"]) and old > 0.1 and new < 0.0101, f"{old} -> {new}"
    return f"largest gradient norm of {len(after['norms'])} steps: {old:.2f} -> {new:.4f}"


@case("max-norm", "torch.max-norm.step", "loop_mlp", "loop_amp")
@case("max-norm", "lightning.max-norm.step", "loop_lightning", framework="Lightning", shape="optimizer_step")
@case("max-norm", "trainer.max-norm.step", "loop_trainer", framework="Hugging Face Trainer", shape="callback")
def short_rows(before, after):
    old, new = (max(float(w.flatten(1).norm(dim=1).max()) for w in weights(space)) for space in (before, after))
    limit = 0.15 if "metrics" in after else 0.5
    assert old > 1.2 * limit and new < 1.001 * limit, f"longest row {old:.3f} -> {new:.3f}"
    return f"longest row {old:.2f} -> {new:.4f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    results, failures = [], 0
    for technique, script, variant, framework, shape, check in CASES:
        name = f"{script}.{variant}"
        if options.names and not any(part in name for part in options.names):
            continue
        start = time.perf_counter()
        runs = False
        try:
            before, after = run(script), run(name)
            runs = True
            effect = check(before, after)
        except Exception as error:
            failures += 1
            effect = f"{type(error).__name__}: {error}"
            print(f"FAIL {name}: {effect}", flush=True)
        else:
            print(f"ok   {name:52} {time.perf_counter() - start:5.1f} s  {effect}", flush=True)
        results.append(
            {
                "case": name,
                "technique": technique,
                "variant": variant,
                "framework": framework,
                "shape": shape,
                "runs": runs,
                "effect": effect,
            }
        )
    written = {path.stem for path in FIXTURES.glob("loop_*.*.py")}
    missing = written - {result["case"] for result in results}
    if missing and not options.names:
        failures += 1
        print(f"FAIL no case for {sorted(missing)}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1))
    print(f"{len(results)} cases, {failures} failures")
    return 1 if failures or not results else 0


if __name__ == "__main__":
    sys.exit(main())
