/** Scripts in the forms in which Keras code is written. */
export const scripts: readonly (readonly [name: string, text: string])[] = [
  [
    'Sequential list',
    `import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

model = keras.Sequential(
    [
        keras.Input(shape=(28, 28, 1)),
        layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),  # first
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]
)

model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=128, epochs=15, validation_split=0.1)
`,
  ],
  [
    'add, names imported singly',
    `from keras.models import Sequential
from keras.layers import Dense, Conv2D, Flatten

model = Sequential()
model.add(Conv2D(32, (3, 3), activation='relu', input_shape=(28, 28, 1)))
model.add(Flatten())
model.add(
    Dense(
        128,
        activation='relu',
    )
)
model.add(Dense(10))
model.compile(optimizer='sgd', loss='mse')
model.fit(x, y)
`,
  ],
  [
    'functional',
    `"""A functional model."""

import tensorflow as tf

num_classes = 10


def make_model(input_shape):
    inputs = tf.keras.Input(shape=input_shape)
    x = tf.keras.layers.Rescaling(1.0 / 255)(inputs)
    x = tf.keras.layers.Conv2D(
        128, 3, strides=2,  # half the size
        padding="same"
    )(x)
    x = tf.keras.layers.Activation("relu")(x)
    for size in [256, 512]:
        y = tf.keras.layers.Conv2D(size, 3, padding="same", activation="relu")(x)
        y = tf.keras.layers.Conv2D(128, 3, padding="same")(y)
        x = tf.keras.layers.add([x, y])
    x = tf.keras.layers.GlobalAveragePooling2D()(x)
    x = tf.keras.layers.Dense(64, activation="relu", name=f"hidden_{num_classes}")(x)
    outputs = tf.keras.layers.Dense(num_classes, activation=None)(x)
    return tf.keras.Model(inputs, outputs)


model = make_model((180, 180, 3))
model.compile(
    optimizer=tf.keras.optimizers.Adam(3e-4),
    loss=tf.keras.losses.CategoricalCrossentropy(from_logits=True),
    metrics=["acc"],
)
model.fit(train_ds, epochs=25, validation_data=val_ds)
`,
  ],
  [
    'subclass with a loop of its own',
    `import tensorflow as tf
from tensorflow.keras import layers as L


class Classifier(tf.keras.Model):
    def __init__(self, units: int = 64) -> None:
        super().__init__()
        self.conv = L.Conv1D(16, 3, activation='relu')
        self.rnn = L.LSTM(32)
        self.dense1 = L.Dense(units, activation="relu")
        self.dense2 = L.Dense(10)

    def call(self, inputs):
        x = self.conv(inputs)
        x = self.rnn(x)
        x = self.dense1(x)
        return self.dense2(x)


model = Classifier()
optimizer = tf.keras.optimizers.Adam(learning_rate=1e-3)
loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss_value = loss_fn(y, logits)
    grads = tape.gradient(loss_value, model.trainable_weights)
    optimizer.apply_gradients(zip(grads, model.trainable_weights))
    return loss_value
`,
  ],
  [
    'tf.data',
    `import tensorflow as tf
from tensorflow.keras.layers import Conv2D, Dense, Flatten
from tensorflow.keras.models import Sequential

train_ds = tf.data.Dataset.from_tensor_slices((images[:400], labels[:400]))
train_ds = train_ds.shuffle(400).batch(50)
val_ds = tf.data.Dataset.from_tensor_slices((images[400:], labels[400:])).batch(100)
model = Sequential([Conv2D(8, (3, 3), activation="relu"), Flatten(), Dense(10)])
model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(train_ds, validation_data=val_ds, epochs=3)
`,
  ],
];

/** Ways in which the same text may be written. */
export const shapes: readonly (readonly [name: string, change: (text: string) => string])[] = [
  ['as it is', (text) => text],
  ['CRLF', (text) => text.replaceAll('\n', '\r\n')],
  ['tabs', (text) => text.replace(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4))],
  ['no break at the end', (text) => text.replace(/\n$/, '')],
  [
    'two spaces',
    (text) => text.replace(/^(?: {4})+/gm, (spaces) => spaces.slice(0, spaces.length / 2)),
  ],
  ['comments behind lines', (text) => text.replace(/([,)\]])$/gm, '$1  # note')],
  ['no commas at ends', (text) => text.replace(/,(\s*(?:#.*)?\n\s*[)\]])/g, '$1')],
];
