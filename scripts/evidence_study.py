"""Trains small networks on scikit-learn's digits with and without each technique and saves them, for evidence_study.mjs to judge.

Ran with Python 3.11, torch 2.13.0, keras 3.15.1 (on torch), scikit-learn. About ten minutes on one core; networks that are in the folder
already are not trained again.
Run: python scripts/evidence_study.py FOLDER [torch|keras [SEED …]], then node scripts/evidence_study.mjs FOLDER
"""

import argparse
import json
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import torch
from keras import layers, regularizers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional as F

epochs = 30
batch = 256
noise = 0.1

digits = load_digits()
images = (digits.data / 16.0).astype("float32")
x_train, x_test, y_train, y_test = train_test_split(images, digits.target, test_size=0.3, random_state=0)
# Labels that are wrong give every network something to over-fit.
wrong = np.random.default_rng(0)
flipped = wrong.random(len(y_train)) < noise
y_train = np.where(flipped, wrong.integers(0, 10, len(y_train)), y_train)
x = torch.tensor(x_train)
y = torch.tensor(y_train)


class DropConnect(nn.Linear):
    def forward(self, inputs):
        return F.linear(inputs, F.dropout(self.weight, 0.5, self.training), self.bias)


class Net(nn.Module):
    def __init__(self, norm=False, dropout=0.0, dropconnect=False, skip=0.0):
        super().__init__()
        dense = DropConnect if dropconnect else nn.Linear
        self.fc1 = nn.Linear(64, 128)
        if norm:
            self.bn1 = nn.BatchNorm1d(128)
        self.fc2 = dense(128, 128)
        if norm:
            self.bn2 = nn.BatchNorm1d(128)
        self.fc3 = nn.Linear(128, 10)
        self.norm, self.dropout, self.skip = norm, dropout, skip

    def forward(self, inputs):
        h = self.fc1(inputs)
        h = F.dropout(torch.relu(self.bn1(h) if self.norm else h), self.dropout, self.training)
        g = self.fc2(h)
        g = F.dropout(torch.relu(self.bn2(g) if self.norm else g), self.dropout, self.training)
        if self.skip > 0:
            keep = torch.rand(()) > self.skip if self.training else 1.0 - self.skip
            g = h + keep * g
        return self.fc3(g)


class Pooled(nn.Module):
    def __init__(self, fractional, dropout):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.pool = nn.FractionalMaxPool2d(2, output_ratio=0.6) if fractional else nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.drop = nn.Dropout(0.4) if dropout else nn.Identity()
        self.head = nn.Linear(32, 10)

    def forward(self, inputs):
        h = self.pool(torch.relu(self.conv1(inputs.view(-1, 1, 8, 8))))
        return self.head(self.drop(torch.relu(self.conv2(h)).mean((2, 3))))


def matrices(model):
    return [p for name, p in model.named_parameters() if p.ndim == 2]


def penalty_of(name, model):
    if name == "l1":
        return 5e-4 * sum(w.abs().sum() for w in matrices(model))
    if name == "orthogonality":
        hidden = [model.fc1.weight.t(), model.fc2.weight]
        return 1e-2 * sum((w @ w.t() - torch.eye(len(w))).pow(2).sum() for w in hidden)
    return 0.0


def changed(name, inputs, targets):
    """Mixup of inputs and one-hot labels, a square cut out, a shift by one pixel."""
    targets = F.one_hot(targets, 10).float()
    if name == "mixup":
        order = torch.randperm(len(inputs))
        share = float(np.random.beta(0.4, 0.4))
        return share * inputs + (1 - share) * inputs[order], share * targets + (1 - share) * targets[order]
    if name == "cutout":
        grid = inputs.view(-1, 8, 8).clone()
        top, left = torch.randint(0, 6, (2,))
        grid[:, top : top + 3, left : left + 3] = 0
        return grid.view(-1, 64), targets
    if name == "augmentation":
        shift = tuple(torch.randint(-1, 2, (2,)).tolist())
        return torch.roll(inputs.view(-1, 8, 8), shift, (1, 2)).reshape(-1, 64), targets
    return inputs, targets


def after_step(name, model, rate):
    with torch.no_grad():
        for weight in matrices(model)[:2]:
            if name == "l1-proximal":
                weight.copy_(weight.sign() * (weight.abs() - rate * 3e-3).clamp_min(0))
            if name == "max-norm":
                weight.mul_((1.0 / weight.norm(dim=1, keepdim=True)).clamp_max(1.0))


def fit(name, model, optimizer, rate):
    model.train()
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for part in order.split(batch):
            inputs, targets = changed(name, x[part], y[part])
            loss = F.cross_entropy(model(inputs), targets) + penalty_of(name, model)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            after_step(name, model, rate)
    model.eval()
    with torch.no_grad():
        right = lambda a, b: float((model(a).argmax(1) == b).float().mean())
        return right(x, y), right(torch.tensor(x_test), torch.tensor(y_test))


sgd = lambda decay=0.0: lambda m: torch.optim.SGD(m.parameters(), lr=0.1, momentum=0.9, weight_decay=decay)
adam = lambda decay=0.0: lambda m: torch.optim.Adam(m.parameters(), lr=5e-3, weight_decay=decay)
adamw = lambda rate, decay: lambda m: torch.optim.AdamW(m.parameters(), lr=rate, weight_decay=decay)

torch_runs = {
    # name: (techniques, model, optimizer)
    "plain": ([], {}, sgd()),
    "plain-adam": ([], {}, adam()),
    "l1": (["l1"], {}, sgd()),
    "l1-proximal": (["l1"], {}, sgd()),
    "l2": (["l2"], {}, sgd(1e-3)),
    "l2-strong": (["l2"], {}, sgd(1e-2)),
    "adam-l2": (["l2"], {}, adam(1e-3)),
    "adamw": (["l2"], {}, adamw(5e-3, 0.5)),
    "adamw-default": (["l2"], {}, adamw(1e-3, 0.01)),
    "orthogonality": (["orthogonality"], {}, sgd()),
    "dropout": (["dropout"], {"dropout": 0.3}, sgd()),
    "batch-norm": (["batch-norm"], {"norm": True}, sgd()),
    "batch-norm-l2": (["batch-norm", "l2"], {"norm": True}, sgd(1e-3)),
    "dropconnect": (["dropconnect"], {"dropconnect": True}, sgd()),
    "stochastic-depth": (["stochastic-depth"], {"skip": 0.3}, sgd()),
    "max-norm": (["max-norm"], {}, sgd()),
    "augmentation": (["augmentation"], {}, sgd()),
    "cutout": (["cutout"], {}, sgd()),
    "mixup": (["mixup"], {}, sgd()),
}


def is_done(folder, file):
    return record_of(folder, file).exists()


def record_of(folder, file):
    return folder / f"{file}.json"


def run_torch(folder, seed):
    for name, (techniques, options, make) in torch_runs.items():
        file = f"torch-{name}-{seed}.pt"
        if is_done(folder, file):
            continue
        torch.manual_seed(seed)
        np.random.seed(seed)
        model = Net(**options)
        optimizer = make(model)
        train, test = fit(name, model, optimizer, 0.1)
        args = argparse.Namespace(lr=optimizer.param_groups[0]["lr"], epochs=epochs, batch_size=batch, seed=seed)
        record = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "args": args, "epoch": epochs - 1}
        torch.save(record, folder / file)
        yield {"file": file, "run": f"PyTorch {name}", "techniques": techniques, "train": train, "test": test}
    for name, fractional, dropout in [("plain", False, False), ("fractional-pooling", True, False), ("dropout", False, True)]:
        file = f"script-{name}-{seed}.pt"
        if is_done(folder, file):
            continue
        torch.manual_seed(seed)
        model = Pooled(fractional, dropout)
        train, test = fit(name, model, torch.optim.Adam(model.parameters(), lr=5e-3), 0.0)
        torch.jit.save(torch.jit.script(model), folder / file)
        techniques = [] if name == "plain" else [name]
        yield {"file": file, "run": f"TorchScript {name}", "techniques": techniques, "train": train, "test": test}


def keras_model(name):
    penalty = {
        "l1": lambda: regularizers.L1(5e-4),
        "l2": lambda: regularizers.L2(1e-3),
        "orthogonality": lambda: regularizers.OrthogonalRegularizer(1e-2, mode="columns"),
    }.get(name, lambda: None)
    limit = keras.constraints.MaxNorm(1.0) if name == "max-norm" else None
    stack = [keras.Input((64,))]
    if name == "augmentation":
        stack += [layers.Reshape((8, 8, 1)), layers.RandomTranslation(0.1, 0.1), layers.Flatten()]
    stack += [layers.Dense(128, activation="relu", kernel_regularizer=penalty() if name != "orthogonality" else None, kernel_constraint=limit)]
    if name == "dropout":
        stack += [layers.Dropout(0.3)]
    if name == "batch-norm":
        stack += [layers.BatchNormalization()]
    stack += [layers.Dense(64, activation="relu", kernel_regularizer=penalty(), kernel_constraint=limit), layers.Dense(10)]
    model = keras.Sequential(stack)
    optimizer = keras.optimizers.AdamW(5e-3, weight_decay=0.5) if name == "adamw" else keras.optimizers.Adam(5e-3)
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


keras_runs = {
    "plain": [], "l1": ["l1"], "l2": ["l2"], "adamw": ["l2"], "orthogonality": ["orthogonality"], "dropout": ["dropout"],
    "batch-norm": ["batch-norm"], "augmentation": ["augmentation"], "max-norm": ["max-norm"],
}


def run_keras(folder, seed):
    for name, techniques in keras_runs.items():
        file = f"keras-{name}-{seed}.keras"
        if is_done(folder, file):
            continue
        keras.utils.set_random_seed(seed)
        model = keras_model(name)
        model.fit(x_train, y_train, epochs=epochs, batch_size=batch, verbose=0)
        model.save(folder / file)
        scores = [float(model.evaluate(a, b, batch_size=len(a), verbose=0)[1]) for a, b in [(x_train, y_train), (x_test, y_test)]]
        yield {"file": file, "run": f"Keras {name}", "techniques": techniques, "train": scores[0], "test": scores[1]}


def main():
    torch.set_num_threads(1)
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"torch": run_torch, "keras": run_keras}
    chosen = sys.argv[2:3] or list(parts)
    for seed in map(int, sys.argv[3:] or range(5)):
        for part in chosen:
            for run in parts[part](folder, seed):
                # One file a network, so that a study that was stopped can be judged, and taken up again.
                record_of(folder, run["file"]).write_text(json.dumps(run))


main()
