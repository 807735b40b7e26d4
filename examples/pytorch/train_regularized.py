"""Trains the network of train_digits.py under one regularizer and saves the result.

    python train_regularized.py --regularizer l1

All variants have the same layers and start from the same seed, so that their checkpoints can be
compared tensor by tensor.
"""

import argparse
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from safetensors.torch import save_file
from torch.utils.data import DataLoader

from train_digits import DigitsNet, evaluate, load_data

STRENGTHS = {"none": 0.0, "l1": 0.3, "weight-decay": 1.0, "orthogonal": 0.01, "dropout": 0.5}


def regularized_weights(model):
    """Kernels of convolutions and linear layers; biases and normalization stay free."""
    return [p for p in model.parameters() if p.ndim > 1]


def gram_penalty(model):
    """Sum of |G - I|^2 over the layers; G is the Gram matrix of the kernel's smaller side."""
    penalty = 0.0
    for p in regularized_weights(model):
        w = p.flatten(1)
        gram = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
        penalty = penalty + (gram - torch.eye(len(gram))).square().sum()
    return penalty


@torch.no_grad()
def proximal_l1_step(model, threshold):
    """Soft-thresholds the kernels. Unlike a term on the loss, this makes weights exactly zero."""
    for p in regularized_weights(model):
        p.copy_(F.softshrink(p, threshold))


def parameter_groups(model, weight_decay):
    free = [p for p in model.parameters() if p.ndim <= 1]
    return [
        {"params": regularized_weights(model), "weight_decay": weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]


def train_epoch(model, loader, optimizer, regularizer, strength):
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        if regularizer == "orthogonal":
            loss = loss + strength * gram_penalty(model)
        loss.backward()
        optimizer.step()
        if regularizer == "l1":
            proximal_l1_step(model, optimizer.param_groups[0]["lr"] * strength)


def save_weights(model, path, **facts):
    metadata = {"format": "pt", **{key: str(value) for key, value in facts.items()}}
    save_file({key: t.contiguous() for key, t in model.state_dict().items()}, path, metadata)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--regularizer", choices=STRENGTHS, default="none")
    parser.add_argument("--strength", type=float, help="default depends on the regularizer")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-every", type=int, metavar="EPOCHS", help="keep these epochs too")
    parser.add_argument("--output", default="checkpoints")
    args = parser.parse_args()
    if args.strength is None:
        args.strength = STRENGTHS[args.regularizer]

    torch.manual_seed(args.seed)
    train_set, test_set = load_data()
    train_loader = DataLoader(train_set, batch_size=args.batch_size, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=256)

    model = DigitsNet()
    if args.regularizer == "dropout":
        # Nested, so that the names of the layers after it stay those of the other variants.
        model.classifier[2] = nn.Sequential(nn.ReLU(), nn.Dropout(args.strength))
    if args.regularizer == "weight-decay":
        optimizer = optim.AdamW(parameter_groups(model, args.strength), lr=args.lr)
    else:
        optimizer = optim.Adam(model.parameters(), lr=args.lr)

    output = Path(args.output)
    output.mkdir(exist_ok=True)
    name = f"digits-{args.regularizer}"
    facts = {"regularizer": args.regularizer, "strength": args.strength}
    accuracy = 0.0
    for epoch in range(1, args.epochs + 1):
        train_epoch(model, train_loader, optimizer, args.regularizer, args.strength)
        accuracy = evaluate(model, test_loader)
        print(f"{args.regularizer}  epoch {epoch:2d}  test accuracy {accuracy:.4f}")
        if args.save_every and epoch % args.save_every == 0 and epoch < args.epochs:
            path = output / f"{name}-epoch{epoch:02d}.safetensors"
            save_weights(model, path, **facts, epoch=epoch, accuracy=accuracy)

    if args.regularizer == "weight-decay":
        checkpoint = {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "epoch": args.epochs,
            "args": vars(args),
            "accuracy": accuracy,
        }
        torch.save(checkpoint, output / f"{name}.pt")
    else:
        path = output / f"{name}.safetensors"
        save_weights(model, path, **facts, epoch=args.epochs, accuracy=accuracy)


if __name__ == "__main__":
    main()
