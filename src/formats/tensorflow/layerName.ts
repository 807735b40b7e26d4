/**
 * The layer that an operation belongs to: `model/dense/MatMul` and `model/dense/BiasAdd` are parts of `model/dense`; a fused node has
 * the name of its last part.
 */
export function layerName({ name, op }: { readonly name: string; readonly op: string }): string {
  const at = name.lastIndexOf('/');
  const last = name.slice(at + 1).toLowerCase();
  const operation = op.replace(/(?:V\d|Native)$/, '').toLowerCase();
  const isPart =
    /Fused(?:MatMul|Conv2D|DepthwiseConv2dNative)$/.test(op) ||
    last.startsWith(operation) ||
    /^(?:biasadd|matmul|conv\dd|depthwise|add)/.test(last);
  return at > 0 && isPart ? name.slice(0, at) : name;
}
