/** What docs/techniques.md says beside its tables. */

export const notOffered = `## Not offered, and why

| technique | where | why |
|---|---|---|
| Batch normalization | Flax linen | Running statistics are kept outside of the parameters: \`init\`, the train state, the loss (\`mutable=["batch_stats"]\`) and every evaluation have to carry them, often in several files. nnx holds them in the module, and is offered. |
| Spectral normalization | Flax | nnx's layer has to be told at every call whether to update its statistics, linen's keeps a collection of its own. |
| Spectral normalization | TensorFlow.js | The library has no such layer. |
| Max-norm | optax | There is no constraint on weights; which axis belongs to a unit differs from layer to layer. |
| Max-norm as \`kernelConstraint\` | TensorFlow.js | \`fit\` does not apply constraints. A step after each batch is offered instead. |
| Orthogonality by parametrization | Keras, Flax, TensorFlow.js | None has parametrizations: a Gram penalty and an orthogonal start are offered. |
| Augmentation, cutout | PyTorch, paired inputs and targets | The same random change would have to reach the target. Nothing is offered where a pipeline serves both. |
| Fractional pooling | all, several poolings in a row | Sizes behind each of them change; where the size of the next layer is not known, the change says what to look at, or is not offered. |
| any | code with a syntax error around the place, \`*args\` that may hold the argument, names that cannot be followed | A wrong edit is worse than none. |`.split(
  '\n',
);

export const atTheEnd = `## Strengths

They are tab stops with a value that works.

| what | default | why |
|---|---|---|
| L2, \`weight_decay\` of SGD | 1e-4 | usual range 1e-5 to 1e-3 |
| decoupled weight decay (AdamW) | 1e-2 | is multiplied by the learning rate; 1e-3 to 1e-1 |
| L1 in the loss | 1e-5 to 1e-4 | a sum over all weights, so it grows with their number; times the batch size where the loss is a sum |
| L1 as a proximal step | 1e-3 (SGD), 1e-1 (Adam) | the threshold is strength times learning rate; a step of Adam is about the learning rate whatever the gradient |
| Gram penalty | 1e-3 to 1e-2 | a sum of squares, not a mean |
| dropout | 0.5 hidden, 0.1 to 0.2 after convolutions | \`p\` and \`rate\` are the share that is dropped |
| DropConnect | 0.5 | the paper's p is the share that is kept |
| random erasing | p 0.5 | the paper on cutout masks one square of every image |
| mixup α | 0.2 | λ ~ Beta(α, α); 1.0 for small images |
| fractional ratio | 0.7 (PyTorch), 1.41 (others) | output/input there, input/output here |
| stochastic depth | 0.2 at the last block | rising linearly from 0 at the first |

## Pitfalls

- **L1 in the loss leaves no exact zeros**: weights end up small. The proximal step after the optimizer's own does.
- **Adam and L2 in the gradient** do not decay as SGD does: the term is divided by the gradient's size. Hence AdamW.
- **With gradient accumulation a penalty belongs before the division of the loss**, or its strength is multiplied by the number of steps; the edits put it there.
- **Biases and norms are not decayed** by any of the edits, where the script's way of making the optimizer allows it.
- **Batch normalization makes a bias before it useless**, so the edit takes the bias away; parameters of old checkpoints then do not match.
- **Spectral normalization and orthogonal parametrizations rename entries** of the state dict.
- **A transform shared with the test data is split** before augmentation is added, so that only training images change.
- **Evaluation**: dropout, DropConnect, fractional pooling and stochastic depth are random in training only, which the runs check; \`model.eval()\` (PyTorch) or \`training=False\` has to be there.

## Measured on real code

The hazards of PyTorch code were run over about 5,700 Python files of torch, torchvision, timm, transformers and lightning:

| id | reports | read by a person |
|---|---|---|
| \`torch/load-without-weights-only\` | 16 | all literally true |
| \`torch/bias-before-batch-norm\` | 18 | those that were read are all true |
| the other nine | 0 | |`.split('\n');
