"""Run the Keras scripts of test/fixtures/training/keras before and after each edit, and look at what the edit does.

    $PYTHON test/training/effects/keras.py [--json FILE] [case ...]

needs tensorflow 2.21, keras 3.15 and scikit-learn. All scripts run in one process, since importing TensorFlow takes longer
than most of them. Exit code 1 when an effect is missing.
"""

import gc
import json
import os
import pathlib
import runpy
import sys
import tempfile

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.setdefault("OMP_NUM_THREADS", "1")
# This file is called keras too: its folder must not be searched for modules.
sys.path = [path for path in sys.path if pathlib.Path(path or ".").resolve() != pathlib.Path(__file__).resolve().parent]

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras.src.trainers import trainer  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
# Each model is trained for a second: compiling it with XLA takes longer.
trainer.model_supports_jit = lambda model: False
# What was imported stays: looking through it for garbage again and again takes a tenth of the time.
gc.freeze()
gc.set_threshold(200_000, 20, 100)

FIXTURES = pathlib.Path(__file__).resolve().parent.parent.parent / "fixtures" / "training" / "keras"
before = {}


def run(name):
    keras.utils.clear_session(free_memory=False)
    return runpy.run_path(str(FIXTURES / f"{name}.py"))


def base(case):
    script = case.split(".")[0]
    if script not in before:
        before[script] = run(script)
    return before[script]


def kernels(names):
    return [w.numpy() for w in names["model"].trainable_weights if len(w.shape) > 1]


def share(names, limit):
    """Share of the weights whose magnitude is at most the limit."""
    values = np.concatenate([np.abs(w).ravel() for w in kernels(names)])
    return float((values <= limit).mean())


def norm(names):
    return float(np.sqrt(sum((w**2).sum() for w in kernels(names))))


def gram(names):
    total = 0.0
    for w in kernels(names):
        a = w.reshape(-1, w.shape[-1])
        product = a.T @ a if a.shape[1] <= a.shape[0] else a @ a.T
        total += ((product - np.eye(len(product))) ** 2).sum()
    return float(total)


def cosines(names):
    a = kernels(names)[0]
    a = a / np.linalg.norm(a, axis=0)
    product = a.T @ a
    return float(np.abs(product - np.diag(np.diag(product))).mean())


def layers_of(names, class_name):
    found = [layer for layer in names["model"]._flatten_layers() if type(layer).__name__ == class_name]
    assert found, f"no {class_name} in the model"
    return found


def images(names):
    return (names["images"] if "images" in names else names["x_test"])[:40].astype("float32")


def is_random_in_training_only(names):
    x, model = images(names), names["model"]
    assert np.any(model(x, training=True).numpy() != model(x, training=True).numpy()), "training is not random"
    assert np.all(model(x, training=False).numpy() == model(x, training=False).numpy()), "test is random"


def saves_and_loads(names):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/model.keras"
        names["model"].save(path)
        loaded = keras.models.load_model(path)
        x = images(names)
        # Random layers of images are on where training is not said to be off.
        own = names["model"](x, training=False).numpy()
        assert np.allclose(loaded(x, training=False).numpy(), own, atol=1e-5), "another model was loaded"


def expects_same(layer, x, runs, tolerance):
    """Expected activations in training are those at test time."""
    mean = np.mean([layer(x, training=True).numpy() for _ in range(runs)], axis=0)
    error = float(np.abs(mean - layer(x, training=False).numpy()).mean())
    assert error < tolerance, f"mean of training differs by {error:.3f}"


def penalized(old, new):
    assert len(new["model"].losses) == len(kernels(new)), "not every kernel has a penalty"
    with tf.GradientTape() as tape:
        penalty = tf.add_n(new["model"].losses)
    gradients = tape.gradient(penalty, new["model"].trainable_weights)
    reached = [len(w.shape) > 1 for w in new["model"].trainable_weights]
    assert [g is not None for g in gradients] == reached, "the gradient of the penalty reaches other weights"
    assert float(penalty) > 0


def l1_zeros(old, new):
    assert share(old, 0) == 0 and share(new, 0) > 0.05, share(new, 0)
    return f"w = 0: {share(old, 0):.3f} -> {share(new, 0):.3f}"


def l1_zeros_saved(old, new):
    saves_and_loads(new)
    return l1_zeros(old, new)


def l1_penalty(old, new):
    penalized(old, new)
    assert share(new, 1e-3) > 5 * share(old, 1e-3)
    return f"|w|<=1e-3: {share(old, 1e-3):.3f} -> {share(new, 1e-3):.3f}"


def l1_shrinks(old, new):
    penalized(old, new)
    sizes = [sum(float(np.abs(w).sum()) for w in kernels(names)) for names in (old, new)]
    assert sizes[1] < sizes[0]
    return f"sum of |w| {sizes[0]:.2f} -> {sizes[1]:.2f}"


def l2_penalty(old, new):
    penalized(old, new)
    assert norm(new) < 0.95 * norm(old)
    return f"|W| {norm(old):.2f} -> {norm(new):.2f}"


def decays(old, new):
    optimizer = new["model"].optimizer
    assert abs(float(optimizer.weight_decay) - 1e-2) < 1e-7
    weights = new["model"].trainable_weights
    assert [optimizer._use_weight_decay(w) for w in weights] == [len(w.shape) > 1 for w in weights]
    w = keras.Variable(np.ones(1, "float32"))
    fresh = type(optimizer)(learning_rate=0.1, weight_decay=0.1)
    fresh.build([w])
    fresh.apply([keras.ops.zeros(1)], [w])
    assert abs(float(w.numpy()[0]) - 0.99) < 1e-6, "the decay is not apart from the gradient"
    assert norm(new) < norm(old)
    return f"kernels decay, vectors do not; |W| {norm(old):.3f} -> {norm(new):.3f}"


def gram_falls(old, new):
    penalized(old, new)
    saves_and_loads(new)
    assert gram(new) < 0.5 * gram(old)
    return f"||W'W - I||^2 {gram(old):.1f} -> {gram(new):.2f}"


def cosines_fall(old, new):
    assert len(new["model"].losses) == 3 and cosines(new) < cosines(old)
    return f"mean |cos| of units {cosines(old):.3f} -> {cosines(new):.3f}"


def starts_orthogonal(old, new):
    keras.utils.set_random_seed(0)
    layer = layers_of(new, "Dense")[0]
    w = keras.layers.Dense.from_config(layer.get_config())
    w.build((None, 64))
    error = float(np.abs(w.kernel.numpy().T @ w.kernel.numpy() - np.eye(64)).max())
    assert error < 1e-4
    return f"max |W'W - I| at the start {error:.1e}"


def drops(old, new):
    is_random_in_training_only(new)
    layer = next(l for l in new["model"]._flatten_layers() if "Dropout" in type(l).__name__)
    shape = (200, 4, 4, 8) if "2D" in type(layer).__name__ else (400, 16)
    x = np.ones(shape, "float32")
    expects_same(layer, x, 20, 0.4)
    y = layer(x, training=True).numpy()
    if "2D" in type(layer).__name__:
        assert all(len(np.unique(y[0, :, :, c])) == 1 for c in range(8)), "pixels are dropped, not channels"
    assert (layer(x, training=False).numpy() == 1).all()
    return f"{type(layer).__name__} drops {float((y == 0).mean()):.2f} in training, nothing at test time"


def normalizes(old, new):
    norms = layers_of(new, "BatchNormalization")
    x = images(new)
    model = new["model"]
    assert np.abs(model(x, training=True).numpy() - model(x, training=False).numpy()).max() > 1e-3
    weighted = [l for l in model._flatten_layers() if isinstance(l, (keras.layers.Dense, keras.layers.Conv2D))]
    assert [l.use_bias for l in weighted] == [False] * (len(weighted) - 1) + [True]
    moved = float(np.abs(norms[0].moving_mean.numpy()).sum())
    assert moved > 0
    return f"batch and running statistics differ; running means moved by {moved:.2f}"


def masks_weights(old, new):
    is_random_in_training_only(new)
    saves_and_loads(new)
    layer = layers_of(new, "DropConnectDense")[0]
    x = np.eye(64, dtype="float32")
    # With one input at a time, an output of exactly the bias is a dropped weight.
    linear = type(layer)(64, rate=0.5)
    linear(x)
    y = linear(x, training=True).numpy()
    dropped = y == 0
    share_of = dropped.mean()
    assert abs(share_of - 0.5) < 0.05
    assert not dropped.all(axis=0).any() and not dropped.all(axis=1).any(), "units are dropped, not weights"
    expects_same(linear, x, 200, 0.05)
    return f"{share_of:.2f} of the weights dropped in training, no whole unit"


def pools(old, new):
    saves_and_loads(new)
    layer = layers_of(new, "FractionalMaxPool2D")[0]
    x = np.random.default_rng(0).random((2, 8, 8, 3)).astype("float32")
    assert layer(x).shape == (2, 5, 5, 3)
    outputs = [layer(x, training=True).numpy() for _ in range(8)]
    assert any(np.any(outputs[0] != y) for y in outputs), "the regions are not random in training"
    assert all(np.all(layer(x, training=False).numpy() == layer(x, training=False).numpy()) for _ in range(5))
    return "8x8 -> 5x5, regions random in training only"


def depth(old, new):
    is_random_in_training_only(new)
    saves_and_loads(new)
    found = layers_of(new, "StochasticDepth")
    rates = [round(layer.rate, 3) for layer in found]
    assert rates == [0.0, 0.05, 0.1, 0.15, 0.2], rates
    y = found[-1](np.ones((4000, 3), "float32"), training=True).numpy()
    dropped = float((y[:, 0] == 0).mean())
    assert abs(dropped - 0.2) < 0.03 and abs(y.mean() - 1) < 0.05 and (y[:, 0] == y[:, 2]).all()
    assert (found[-1](np.ones((5, 3), "float32"), training=False).numpy() == 1).all()
    return f"rates {rates}, last branch dropped for {dropped:.2f} of the samples, all on at test time"


def augments(old, new):
    is_random_in_training_only(new)
    saves_and_loads(new)
    layer = next(l for l in new["model"].layers if type(l).__name__.startswith("Random"))
    x = images(new)
    changed = np.abs(layer(x, training=True).numpy() - x).reshape(len(x), -1).max(axis=1) > 0
    assert changed.mean() > 0.1 and np.allclose(layer(x, training=False).numpy(), x)
    return f"{changed.mean():.2f} of the images changed in training, none at test time"


def erases(old, new):
    layer = layers_of(new, "RandomErasing")[0]
    x = np.full((400, 8, 8, 1), 0.5, "float32")
    y = layer(x, training=True).numpy()
    assert set(np.unique(y)) == {np.float32(0), np.float32(0.5)}, "holes are not 0"
    erased = (y == 0).reshape(400, -1).any(axis=1).mean()
    assert 0.1 < erased < 0.5 and np.all(layer(x, training=False).numpy() == x)
    return f"{erased:.2f} of the images have a hole of zeros in training, none at test time"


def smooths(old, new):
    loss, onehot = new["model"].loss, np.eye(10, dtype="float32")[:1]
    certain = float(loss(onehot, onehot * 0.999 + 1e-4))
    assert loss.label_smoothing == 0.1 and certain > 0.5
    return f"loss of a certain prediction {certain:.2f}"


def clips(old, new):
    optimizer = new["model"].optimizer
    clipped = optimizer._clip_gradients([tf.constant([30.0, 40.0])])[0].numpy()
    assert np.allclose(clipped, [0.6, 0.8], atol=1e-5)
    return "a gradient of norm 50 becomes one of norm 1"


def spectral(old, new):
    layer = layers_of(new, "SpectralNormalization")[0]
    keras.utils.set_random_seed(0)
    for _ in range(20):
        layer(images(new), training=True)
    largest = float(np.linalg.svd(layer.layer.kernel.numpy(), compute_uv=False)[0])
    plain = float(np.linalg.svd(kernels(old)[0], compute_uv=False)[0])
    assert largest < 1.1 < plain
    return f"largest singular value {plain:.2f} -> {largest:.2f}"


def limited(old, new):
    lengths = [np.linalg.norm(w, axis=0).max() for w in kernels(new)]
    constraint = layers_of(new, "Dense")[0].kernel_constraint
    assert max(lengths) <= 3.0 + 1e-4
    long = constraint(tf.fill((64, 2), 1.0)).numpy()
    assert abs(np.linalg.norm(long[:, 0]) - 3) < 1e-3, "a longer unit is not scaled back"
    return f"longest unit {max(lengths):.2f}; one of length 8 becomes {np.linalg.norm(long[:, 0]):.2f}"


def mixes_batches(old, new):
    x, y = (value.numpy() for value in next(iter(new["train_ds"])))
    return same_lambda(x, y, new["images"][:400], new["labels"][:400])


def mixes_arrays(old, new):
    keras.utils.set_random_seed(0)
    x_train, y_train = new["x_train"], new["y_train"]
    x, y = new["MixupDataset"](x_train, y_train, batch_size=50, alpha=0.2)[0]
    return same_lambda(x, y, x_train, y_train)


def same_lambda(x, y, samples, labels):
    """Every mixed input is the mean of two samples with the weights that its label says."""
    assert np.allclose(y.sum(axis=1), 1, atol=1e-5)
    mixed = [i for i in range(len(y)) if 0.02 < y[i].max() < 0.98]
    assert mixed, "no labels are mixed"
    flat, samples = x.reshape(len(x), -1), samples.reshape(len(samples), -1)
    for i in mixed[:4]:
        a, b = np.argsort(-y[i])[:2]
        lam = y[i][a]
        first, second = samples[labels[:, a] == 1], samples[labels[:, b] == 1]
        # For some first sample the rest of the mixture is a second one.
        rests = (flat[i] - lam * first) / (1 - lam)
        nearest = min(np.abs(second - rest).max(axis=1).min() for rest in rests)
        assert nearest < 0.05, f"input and label are mixed by other weights: {nearest:.3f}"
    return f"{len(mixed)} of {len(y)} samples mixed, labels with the same weights"


def augments_dataset(old, new):
    x, y = next(iter(new["train_ds"]))
    flat = x.numpy().reshape(len(x), -1)
    known = new["images"][:400].reshape(400, -1)
    changed = np.mean([np.abs(known - row).max(axis=1).min() > 1e-3 for row in flat])
    test = next(iter(new["val_ds"]))[0].numpy()
    assert changed > 0.5 and np.allclose(test, new["images"][1200:1300])
    assert not any(type(layer).__name__.startswith("Random") for layer in new["model"].layers)
    return f"{changed:.2f} of the training images shifted, no test image"


CASES = {
    "sequential.l1.proximal": l1_zeros_saved,
    "sequential.l1.regularizer": l1_penalty,
    "sequential.l1.callback": l1_zeros,
    "sequential.l2.regularizer": l2_penalty,
    "sequential.l2.adamw": decays,
    "sequential.orthogonality.gram": gram_falls,
    "sequential.orthogonality.built-in": cosines_fall,
    "sequential.orthogonality.initializer": starts_orthogonal,
    "sequential.dropout.layer": drops,
    "sequential.batch-norm.layer": normalizes,
    "sequential.dropconnect.dense": masks_weights,
    "sequential.spectral-norm.wrapper": spectral,
    "sequential.max-norm.constraint": limited,
    "sequential.label-smoothing.loss": smooths,
    "sequential.mixup.arrays": mixes_arrays,
    "images.l2.optimizer": decays,
    "images.orthogonality.gram": gram_falls,
    "images.dropout.layer": drops,
    "images.batch-norm.layer": normalizes,
    "images.fractional-pooling.layer": pools,
    "images.augmentation.translation": augments,
    "images.augmentation.flip": augments,
    "images.cutout.random-erasing": erases,
    "images.gradient-clipping.clipnorm": clips,
    "residual.stochastic-depth.layer": depth,
    "residual.dropout.layer": drops,
    "dataset.mixup.dataset": mixes_batches,
    "dataset.augmentation.dataset": augments_dataset,
    "dataset.l1.regularizer": l1_shrinks,
    "dataset.batch-norm.layer": normalizes,
    "loop.l2.regularizer": l2_penalty,
    "loop.l1.proximal": l1_zeros,
    "loop.dropout.layer": drops,
}


def main():
    arguments = sys.argv[1:]
    file = None
    if "--json" in arguments:
        at = arguments.index("--json")
        file = arguments[at + 1]
        del arguments[at : at + 2]
    results = []
    failures = 0
    for case in arguments or CASES:
        result = {
            "case": case,
            "technique": case.split(".")[1],
            "variant": "keras." + case.split(".", 1)[1],
            "framework": "Keras",
            "shape": case.split(".")[0],
            "runs": False,
        }
        try:
            old, new = base(case), run(case)
            result["runs"] = True
            result["effect"] = CASES[case](old, new)
            print(f"ok   {case:40} {result['effect']}", flush=True)
        except Exception as error:
            failures += 1
            result["effect"] = f"FAIL {type(error).__name__}: {str(error)[:300]}"
            print(f"FAIL {case:40} {type(error).__name__}: {str(error)[:600]}", flush=True)
        results.append(result)
    missing = {path.stem for path in FIXTURES.glob("*.*.py")} - set(CASES)
    if missing and not arguments:
        failures += len(missing)
        print(f"FAIL no case for {sorted(missing)}")
    if file:
        pathlib.Path(file).write_text(json.dumps(results, indent=1))
    print(f"{len(results) - failures} of {len(results)} have their effect")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
