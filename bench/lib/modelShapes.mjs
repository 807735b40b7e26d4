/** Names and shapes of the tensors of three well-known models, as their checkpoints have them; `divisor` makes small likenesses. */

/** @typedef {import('./weights.mjs').Tensor} Tensor */

/** @type {Readonly<Record<string, (divisor: number) => Tensor[]>>} */
export const modelShapes = { 'ResNet-50': resnet50, 'BERT base': bertBase, 'GPT-2 small': gpt2 };

/** torchvision's names. @param {number} divisor */
function resnet50(divisor) {
  const of = (size) => Math.max(1, Math.round(size / divisor));
  const convolution = (name, out, into, size) => [
    { name: `${name}.weight`, shape: [out, into, size, size] },
  ];
  const norm = (name, size) =>
    ['weight', 'bias', 'running_mean', 'running_var'].map((part) => ({
      name: `${name}.${part}`,
      shape: [size],
    }));
  const tensors = [...convolution('conv1', of(64), 3, 7), ...norm('bn1', of(64))];
  let into = of(64);
  [3, 4, 6, 3].forEach((count, stage) => {
    const width = of(64 * 2 ** stage);
    const out = 4 * width;
    for (let i = 0; i < count; i++) {
      const block = `layer${stage + 1}.${i}`;
      tensors.push(
        ...convolution(`${block}.conv1`, width, into, 1),
        ...norm(`${block}.bn1`, width),
        ...convolution(`${block}.conv2`, width, width, 3),
        ...norm(`${block}.bn2`, width),
        ...convolution(`${block}.conv3`, out, width, 1),
        ...norm(`${block}.bn3`, out),
      );
      if (i === 0) {
        tensors.push(
          ...convolution(`${block}.downsample.0`, out, into, 1),
          ...norm(`${block}.downsample.1`, out),
        );
      }
      into = out;
    }
  });
  return [...tensors, ...linear('fc', of(1000), into)];
}

/** Names of Hugging Face's BertModel. @param {number} divisor */
function bertBase(divisor) {
  const of = (size) => Math.max(1, Math.round(size / divisor));
  const [width, inner] = [of(768), of(3072)];
  const embeddings = Object.entries({ word: of(30522), position: of(512), token_type: 2 });
  const layers = Array.from({ length: 12 }, (_, i) => {
    const layer = `encoder.layer.${i}`;
    return [
      ...['query', 'key', 'value'].flatMap((part) =>
        linear(`${layer}.attention.self.${part}`, width, width),
      ),
      ...linear(`${layer}.attention.output.dense`, width, width),
      ...vectors(`${layer}.attention.output.LayerNorm`, width),
      ...linear(`${layer}.intermediate.dense`, inner, width),
      ...linear(`${layer}.output.dense`, width, inner),
      ...vectors(`${layer}.output.LayerNorm`, width),
    ];
  });
  return [
    ...embeddings.map(([name, rows]) => ({
      name: `embeddings.${name}_embeddings.weight`,
      shape: [rows, width],
    })),
    ...vectors('embeddings.LayerNorm', width),
    ...layers.flat(),
    ...linear('pooler.dense', width, width),
  ];
}

/** Names of Hugging Face's GPT2Model, whose Conv1D stores (in, out). @param {number} divisor */
function gpt2(divisor) {
  const of = (size) => Math.max(1, Math.round(size / divisor));
  const width = of(768);
  const conv1d = (name, into, out) => [
    { name: `${name}.weight`, shape: [into, out] },
    { name: `${name}.bias`, shape: [out] },
  ];
  const layers = Array.from({ length: 12 }, (_, i) => [
    ...vectors(`h.${i}.ln_1`, width),
    ...conv1d(`h.${i}.attn.c_attn`, width, 3 * width),
    ...conv1d(`h.${i}.attn.c_proj`, width, width),
    ...vectors(`h.${i}.ln_2`, width),
    ...conv1d(`h.${i}.mlp.c_fc`, width, 4 * width),
    ...conv1d(`h.${i}.mlp.c_proj`, 4 * width, width),
  ]);
  return [
    { name: 'wte.weight', shape: [of(50257), width] },
    { name: 'wpe.weight', shape: [of(1024), width] },
    ...layers.flat(),
    ...vectors('ln_f', width),
  ];
}

const linear = (name, out, into) => [
  { name: `${name}.weight`, shape: [out, into] },
  { name: `${name}.bias`, shape: [out] },
];

const vectors = (name, size) =>
  ['weight', 'bias'].map((part) => ({ name: `${name}.${part}`, shape: [size] }));
