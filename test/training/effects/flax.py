"""Runs the Flax scripts of test/fixtures/training/flax before and after each edit and asserts what the edit is for.

    $PYTHON test/training/effects/flax.py [--json FILE] [name ...]

needs flax 0.12, optax 0.2, jax and scikit-learn. One process for all: half a minute on one core.
"""

import argparse
import json
import os
import pathlib
import sys
import traceback
import types

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Compiling takes longer than training here, and optimized code would not win it back.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_cpu_multi_thread_eigen=false --xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
)

# This file has the name of the library.
sys.path = [path for path in sys.path if pathlib.Path(path).resolve() != pathlib.Path(__file__).resolve().parent]

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402
from flax import nnx  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "training" / "flax"
ran = {}


def run(name, change=lambda text: text, key=""):
    """The globals of a script after it ran; every script runs once."""
    if (name, key) not in ran:
        path = FOLDER / f"{name}.py"
        module = types.ModuleType(f"case_{len(ran)}")
        sys.modules[module.__name__] = module
        exec(compile(change(path.read_text()), str(path), "exec"), module.__dict__)
        ran[name, key] = module.__dict__
    return ran[name, key]


def stronger(old, new):
    """The same edit with a strength that shows in a second."""

    def change(text):
        assert text.count(old) == 1, f"{old} occurs {text.count(old)} times"
        return text.replace(old, new)

    return change


def params(n):
    return n["state"].params if "state" in n else nnx.state(n["model"], nnx.Param)


def matrices(n):
    return [np.asarray(w) for w in jax.tree.leaves(params(n)) if w.ndim > 1]


def norm(arrays):
    return float(np.sqrt(sum(float((w**2).sum()) for w in arrays)))


def share(n, limit):
    values = np.concatenate([np.abs(w).ravel() for w in matrices(n)])
    return float((values <= limit).mean())


def gram(n):
    total = 0.0
    for w in matrices(n):
        w = w.reshape(-1, w.shape[-1])
        g = w.T @ w if w.shape[1] <= w.shape[0] else w @ w.T
        total += float(((g - np.eye(len(g))) ** 2).sum())
    return total


def forward(n, train, seed=0):
    x = jnp.asarray(n["x_test"][:200])
    model = n["model"]
    if "state" not in n:
        model.train() if train else model.eval()
        return np.asarray(model(x))
    variables = {"params": n["state"].params}
    if not train:
        return np.asarray(model.apply(variables, x))
    rngs = {"dropout": jax.random.key(seed), "pool": jax.random.key(seed)}
    return np.asarray(model.apply(variables, x, train=True, rngs=rngs))


def random_in_training_only(n):
    a, b = forward(n, True, 1), forward(n, True, 2)
    c, d = forward(n, False), forward(n, False)
    assert (a != b).any(), "nothing is random in training"
    assert (c == d).all(), "something is random in evaluation"


def learns(n):
    assert n["acc"] > 0.6, f"accuracy {n['acc']:.3f}"
    return f"accuracy {n['acc']:.3f}"


def same_mean(train, evaluate, tolerance):
    """Of a dropped layer, from many passes: the mean of training is the value of evaluation."""
    gap = float(np.abs(train.mean(0) - evaluate).mean() / np.abs(evaluate).mean())
    assert gap < tolerance, f"means differ by {gap:.3f}"
    return gap


# What each edit is for; `b` ran before it and `n` after it.


def l1_loss(b, name):
    n = run(name, stronger("1e-4 * sum", "1e-3 * sum"), "strong")
    learns(run(name))
    before, after = share(b, 1e-3), share(n, 1e-3)
    assert after > 5 * before, (before, after)
    return f"|w|<1e-3: {before:.3f} -> {after:.3f}; exactly 0: {share(n, 0):.3f}"


def l1_proximal(b, name):
    # The default has few steps here to reach zero; three to ten times of it show the effect.
    weak = share(run(name), 0)
    old, new = ("proximal_l1(1e-3", "proximal_l1(1e-2") if "sgd" in name else ("proximal_l1(1e-1", "proximal_l1(0.3")
    n = run(name, stronger(old, new), "strong")
    before, after = share(b, 0), share(n, 0)
    assert before == 0 and weak > 0 and after > 0.1, (before, weak, after)
    vectors = [np.asarray(v) for v in jax.tree.leaves(params(n)) if v.ndim < 2]
    assert all((v != 0).any() for v in vectors), "biases are pulled to zero"
    # With a schedule the threshold follows it.
    make = n["proximal_l1"]
    schedule = make(1.0, lambda count: jnp.where(count < 1, 0.0, 1.0))
    w = {"w": jnp.full((2, 2), 0.5)}
    state = schedule.init(w)
    first, state = schedule.update({"w": jnp.zeros((2, 2))}, state, w)
    second, _ = schedule.update({"w": jnp.zeros((2, 2))}, state, w)
    assert float(first["w"].sum()) == 0 and float(second["w"].sum()) == -2
    return f"exactly 0: {before:.3f} -> {weak:.3f}, stronger {after:.3f}; {learns(n)}"


def decay(b, name):
    text = (FOLDER / f"{name}.py").read_text()
    old, new = ("weight_decay=1e-2", "weight_decay=1.0") if "adamw" in text else ("weights(1e-4", "weights(1e-2")
    n = run(name, stronger(old, new), "strong")
    learns(run(name))
    before, after = norm(matrices(b)), norm(matrices(n))
    assert after < 0.98 * before, (before, after)
    # With zero gradients only the decay moves the weights, and only matrices.
    if "optimizer" in n:
        tx = n["optimizer"].tx
    else:
        tx = n["state"].tx
    p = {"kernel": jnp.ones((2, 2)), "bias": jnp.ones(2)}
    update, _ = tx.update(jax.tree.map(jnp.zeros_like, p), tx.init(p), p)
    assert float(update["kernel"].max()) < 0 and float(jnp.abs(update["bias"]).max()) == 0
    return f"norm of the matrices {before:.2f} -> {after:.2f}; biases are not decayed"


def gram_loss(b, name):
    n = run(name, stronger("1e-3 * gram", "1e-2 * gram"), "strong")
    learns(run(name))
    before, after = gram(b), gram(n)
    assert after < before / 5, (before, after)
    return f"||W^T W - I||^2 {before:.0f} -> {after:.1f}; {learns(n)}"


def orthogonal_init(b, name):
    n = run(name)
    if "state" in n:
        tree = n["MLP"]().init(jax.random.key(3), jnp.ones((1, 64)))["params"]
        w = np.asarray(tree["Dense_0"]["kernel"])
    else:
        w = np.asarray(n["MLP"](nnx.Rngs(3)).linear1.kernel[...])
    gap = float(np.abs(w.T @ w - np.eye(w.shape[1])).max())
    assert gap < 1e-4
    return f"max |W^T W - I| at the start: {gap:.1e}; {learns(n)}"


def dropout(b, name):
    n = run(name)
    random_in_training_only(n)
    layer = nnx.Dropout(0.5, rngs=nnx.Rngs(0))
    x = jnp.ones((4000, 8))
    gap = same_mean(np.asarray(layer(x)), np.ones(8), 0.1)
    return f"random in training, fixed in evaluation, means within {gap:.3f}; {learns(n)}"


def batch_norm(b, name):
    n = run(name)
    model = n["model"]
    moved = float(jnp.abs(model.bn.mean[...]).sum())
    assert moved > 0 and model.linear1.bias is None
    train, evaluate = forward(n, True), forward(n, False)
    assert (train != evaluate).any(), "batch and running statistics give the same"
    return f"running means moved by {moved:.2f}; no bias before the norm; {learns(n)}"


def drop_connect(b, name):
    n = run(name)
    random_in_training_only(n)
    x = jnp.asarray(np.random.default_rng(0).normal(size=(2, 64)), jnp.float32)
    if "state" in n:
        layer = n["DropConnectDense"](16, rate=0.5)
        variables = layer.init(jax.random.key(0), x)
        passes = [layer.apply(variables, x, True, rngs={"dropout": jax.random.key(k)}) for k in range(400)]
        evaluate = layer.apply(variables, x)
    else:
        layer = n["DropConnectLinear"](64, 16, rate=0.5, rngs=nnx.Rngs(0))
        layer.train()
        passes = [layer(x) for _ in range(400)]
        layer.eval()
        evaluate = layer(x)
    train = np.stack([np.asarray(one) for one in passes])
    gap = same_mean(train, np.asarray(evaluate), 0.2)
    # Weights, not units: no output is zero, and none is what it is without dropping.
    assert (train != 0).all() and (np.abs(train - np.asarray(evaluate)) > 1e-6).mean() > 0.99
    return f"masks weights; means within {gap:.3f}; {learns(n)}"


def mixup(b, name):
    n = run(name)
    rng = np.random.default_rng(0)
    x = np.eye(10, dtype=np.float32)[n["y_train"]]
    mixed, labels = n["mixup"](rng, x, n["y_train"], num_classes=10, alpha=0.2)
    assert mixed.dtype == np.float32 and np.allclose(labels.sum(1), 1, atol=1e-5)
    assert np.allclose(mixed, labels, atol=1e-6), "inputs and labels have other weights"
    assert ((labels > 0).sum(1) == 2).any()
    # Integers still go through the loss, as in evaluation.
    if "test_loss" in n:
        assert np.isfinite(float(n["test_loss"]))
    return f"labels mixed as the inputs are; {learns(n)}"


def smoothing(b, name):
    n = run(name)
    before, after = float(jnp.abs(b["logits"]).max()), float(jnp.abs(n["logits"]).max())
    assert after < before, (before, after)
    return f"largest logit {before:.1f} -> {after:.1f}; {learns(n)}"


def clipping(b, name):
    n = run(name)
    tx = n["optimizer"].tx
    p = {"w": jnp.zeros((2, 2))}
    # Adam hides the length of the gradient, its moments do not.
    state = tx.update({"w": jnp.full((2, 2), 100.0)}, tx.init(p), p)[1]
    moment = [leaf for leaf in jax.tree.leaves(state) if getattr(leaf, "shape", ()) == (2, 2)][0]
    length = float(jnp.linalg.norm(moment)) / 0.1
    assert abs(length - 1) < 1e-3, length
    return f"a gradient of norm 200 reaches the optimizer with {length:.3f}; {learns(n)}"


def augmentation(b, name):
    n = run(name)
    images = np.arange(1, 65, dtype=np.float32).reshape(1, 8, 8, 1).repeat(50, 0)
    out = n["random_shift"](np.random.default_rng(0), images, 2)
    assert out.shape == images.shape and out.dtype == np.float32
    assert len({one.tobytes() for one in out}) > 10, "all shifts are the same"
    return f"{len({one.tobytes() for one in out})} different shifts of 50; {learns(n)}"


def cutout(b, name):
    n = run(name)
    out = n["cutout"](np.random.default_rng(0), np.ones((300, 8, 8, 2), np.float32), size=4)
    holes = (out[..., 0] == 0).sum((1, 2))
    assert holes.max() == 16 and holes.min() >= 4 and (out[..., 0] == out[..., 1]).all()
    return f"holes of {holes.min()} to {holes.max()} pixels, the same in all channels; {learns(n)}"


def fractional(b, name):
    n = run(name)
    random_in_training_only(n)
    x = jnp.asarray(np.random.default_rng(0).normal(size=(2, 8, 8, 3)), jnp.float32)
    out = n["fractional_max_pool"](x, None)
    assert out.shape == (2, 5, 5, 3)
    assert set(np.asarray(out).ravel()) <= set(np.asarray(x).ravel()), "a value is new"
    return f"8x8 -> 5x5, random in training only; {learns(n)}"


def depth(b, name):
    n = run(name)
    random_in_training_only(n)
    if "state" not in n:
        rates = [round(float(block.drop_path.rate), 3) for block in n["model"].blocks]
        assert rates == [0, 0.05, 0.1, 0.15, 0.2], rates
        layer = nnx.Dropout(0.2, broadcast_dims=(1,), rngs=nnx.Rngs(0))
        out = np.asarray(layer(jnp.ones((4000, 8))))
        assert (out.min(1) == out.max(1)).all(), "parts of a sample are dropped"
        assert abs(float((out[:, 0] == 0).mean()) - 0.2) < 0.03
        return f"rates {rates}, whole samples; {learns(n)}"
    return f"random in training, all rounds in evaluation; {learns(n)}"


checks = {
    "l1.loss": l1_loss,
    "l1.proximal": l1_proximal,
    "l2.optimizer": decay,
    "orthogonality.gram": gram_loss,
    "orthogonality.init": orthogonal_init,
    "dropout.module": dropout,
    "batch-norm.module": batch_norm,
    "dropconnect.layer": drop_connect,
    "mixup.batch": mixup,
    "label-smoothing.loss": smoothing,
    "gradient-clipping.norm": clipping,
    "augmentation.batch": augmentation,
    "cutout.batch": cutout,
    "fractional-pooling.function": fractional,
    "stochastic-depth.block": depth,
    "stochastic-depth.loop": depth,
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    cases, failures = [], 0
    for path in sorted(FOLDER.glob("*.*.py")):
        script, variant = path.stem.split(".", 1)
        if options.names and not any(name in path.stem for name in options.names):
            continue
        framework, check = variant.split(".", 1)
        case = {
            "case": path.stem,
            "technique": check.split(".")[0],
            "variant": variant,
            "framework": "optax" if framework == "optax" else "Flax",
            "shape": script,
            "runs": False,
            "effect": "",
        }
        try:
            before, after = run(script), run(path.stem)
            case["runs"] = after is not None
            case["effect"] = checks[check](before, path.stem)
            print(f"ok    {path.stem:48} {case['effect']}", flush=True)
        except Exception as error:
            failures += 1
            case["effect"] = f"{type(error).__name__}: {error}"
            print(f"FAILS {path.stem:48} {case['effect']}", flush=True)
            traceback.print_exc()
        cases.append(case)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(cases, indent=1) + "\n")
    print(f"{len(cases) - failures} of {len(cases)} edits do what they are for")
    return 1 if failures or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
