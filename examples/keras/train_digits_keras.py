"""Trains a small Keras network on scikit-learn's handwritten digits and saves it in three formats.

    python train_digits_keras.py

The regularizers are part of the model, so the configuration inside `.keras` and `.h5` declares them;
the optimizer is compiled in and saved with its state. `.weights.h5` has the same numbers, but no
configuration.
"""

import argparse
from pathlib import Path

import keras
from keras import layers, regularizers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


def build_model():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", use_bias=False, name="conv1"),
            layers.BatchNormalization(name="bn1"),
            layers.Activation("relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(
                24,
                3,
                padding="same",
                use_bias=False,
                kernel_regularizer=regularizers.L2(1e-3),
                name="conv2",
            ),
            layers.BatchNormalization(name="bn2"),
            layers.Activation("relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            # A Dense kernel is (inputs, units): its columns are the units' weight vectors.
            layers.Dense(
                64,
                activation="relu",
                kernel_regularizer=regularizers.OrthogonalRegularizer(1.0, mode="columns"),
                name="hidden",
            ),
            layers.Dropout(0.4),
            layers.Dense(10, activation="softmax", name="scores"),
        ],
        name="digits",
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--weight-decay", type=float, default=1e-2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", default="models")
    args = parser.parse_args()

    keras.utils.set_random_seed(args.seed)
    images, labels = load_digits(return_X_y=True)
    images = (images / 16).astype("float32").reshape(-1, 8, 8, 1)
    train_images, test_images, train_labels, test_labels = train_test_split(
        images, labels, test_size=0.25, random_state=0, stratify=labels
    )

    model = build_model()
    model.compile(
        optimizer=keras.optimizers.AdamW(args.lr, weight_decay=args.weight_decay),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(
        train_images, train_labels, epochs=args.epochs, batch_size=args.batch_size, verbose=0
    )
    _, accuracy = model.evaluate(test_images, test_labels, verbose=0)
    print(f"keras  epoch {args.epochs}  test accuracy {accuracy:.4f}")

    output = Path(args.output)
    output.mkdir(exist_ok=True)
    model.save(output / "digits.keras")
    model.save(output / "digits.h5")
    model.save_weights(output / "digits.weights.h5")


if __name__ == "__main__":
    main()
