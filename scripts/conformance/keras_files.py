"""Keras 3: whole models and weights, in each of its files and dtypes."""

import keras
import numpy as np
from keras import layers


def model(policy):
    keras.utils.set_random_seed(0)
    options = {"dtype": policy}
    inputs = keras.Input((8, 8, 2), dtype=policy)
    x = layers.Conv2D(4, 3, name="conv", **options)(inputs)
    x = layers.BatchNormalization(name="norm", **options)(x)
    x = layers.DepthwiseConv2D(3, name="depthwise", **options)(x)
    x = layers.Reshape((16, 4), **options)(x)
    x = layers.LSTM(3, name="memory", recurrent_initializer="glorot_uniform", **options)(x)
    inner = keras.Sequential([keras.Input((3,), dtype=policy), layers.Dense(5, name="first", **options), layers.Dense(2, name="second", **options)], name="inner")
    return keras.Model(inputs, inner(x), name="net")


def weights(net):
    """By their paths, in which the readers leave out the cell of a recurrent layer: it is the layer's only one."""
    return {variable.path.replace("/lstm_cell/", "/"): np.asarray(variable.numpy()) for variable in net.variables if "seed" not in variable.path}


def write(cases):
    for policy in ("float32", "float64", "float16", "bfloat16"):
        net = model(policy)
        for kind, suffix in {"Keras 3 archive": ".keras", "Keras 3 weights": ".weights.h5", "Keras HDF5 model": ".h5"}.items():
            if policy == "bfloat16" and suffix == ".h5":
                # Written as opaque bytes that nothing explains: Keras cannot load it either.
                continue
            path = cases.path("keras", f"{policy}{suffix}")
            (net.save_weights if suffix == ".weights.h5" else net.save)(path)
            cases.add(kind, "keras h5py", policy, path, weights(net))
