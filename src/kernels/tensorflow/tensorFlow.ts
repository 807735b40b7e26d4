/** The part of `@tensorflow/tfjs-node` that the backend uses. Written out, so that types need no installed package. */
export interface TensorFlow {
  tensor2d(values: Float32Array, shape: [number, number]): Tensor;
  slice(tensor: Tensor, start: number[], size: number[]): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor;
  /**
   * Runs an action and frees every tensor that it made. What an action returns is searched for tensors, an array of numbers
   * element by element at a microsecond each: so these return nothing.
   */
  tidy(action: () => void): void;
  memory(): { readonly numTensors: number };
  backend(): NativeBackend;
  readonly version?: Readonly<Record<string, string>>;
}

export interface Tensor {
  dataSync(): ArrayLike<number>;
}

export interface NativeBackend {
  readonly binding: {
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_BOOL: number;
    readonly TF_FLOAT: number;
  };
  /** Runs a kernel of the library that TensorFlow.js has no function for. */
  executeMultipleOutputs(
    name: string,
    attributes: readonly {
      readonly name: string;
      readonly type: number;
      readonly value: unknown;
    }[],
    inputs: readonly Tensor[],
    outputCount: number,
  ): Tensor[];
}

/** Eigenvalues, ascending, from the lower triangle: `compute_v` is false, so there are no vectors. */
export function selfAdjointEigenvalues(tf: TensorFlow, matrix: Tensor): ArrayLike<number> {
  const backend = tf.backend();
  const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_FLOAT } = backend.binding;
  const [values] = backend.executeMultipleOutputs(
    'SelfAdjointEigV2',
    [
      { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
      { name: 'compute_v', type: TF_ATTR_BOOL, value: false },
    ],
    [matrix],
    2,
  );
  if (!values) throw new Error('SelfAdjointEigV2 gave nothing');
  return values.dataSync();
}

/**
 * The module's exports as what they have to be, or why they are not: it is held to a product and to eigenvalues that are known.
 * (A build for another platform, or an engine that forbids memory of others, fails here and not in the middle of a checkpoint.)
 */
export function checkedTensorFlow(exports: unknown): TensorFlow | { readonly reason: string } {
  if (!hasFunctions(exports)) return { reason: 'the module is not TensorFlow.js' };
  try {
    let product: number[] = [];
    let eigenvalues: number[] = [];
    exports.tidy(() => {
      const matrix = exports.tensor2d(Float32Array.of(2, 0, 1, 2), [2, 2]);
      product = Array.from(exports.matMul(matrix, matrix, true, false).dataSync());
      eigenvalues = Array.from(selfAdjointEigenvalues(exports, matrix));
    });
    // The upper triangle is not read, so the matrix counts as [2 1; 1 2].
    const isRight =
      String(product) === '5,2,2,4' &&
      eigenvalues.length === 2 &&
      Math.abs(eigenvalues[0]! - 1) < 1e-5 &&
      Math.abs(eigenvalues[1]! - 3) < 1e-5;
    return isRight ? exports : { reason: 'TensorFlow computes a known matrix wrongly' };
  } catch (error) {
    return {
      reason: `TensorFlow fails: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function hasFunctions(exports: unknown): exports is TensorFlow {
  return (
    typeof exports === 'object' &&
    exports !== null &&
    ['tensor2d', 'slice', 'matMul', 'tidy', 'memory', 'backend'].every(
      (name) => typeof Reflect.get(exports, name) === 'function',
    )
  );
}
