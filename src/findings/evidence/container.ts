/** What a file of this kind could show at all. */
import type { Facts } from '../facts';
import { operationsOf } from './modules';

/**
 * `config`: layers with all their settings (Keras, TensorFlow.js); `script`: a program whose calls can be read (TorchScript);
 * `modules`: a pickled model, whose modules are known but not what its forward() calls; `graph`: nodes of an exported graph, from
 * which exporters remove what does nothing at inference; `tensors`: nothing but names and numbers.
 */
export type ContainerKind = 'config' | 'script' | 'modules' | 'graph' | 'tensors';

export interface Container {
  readonly kind: ContainerKind;
  /** As a message calls it: `a state dict`. */
  readonly text: string;
  /** Whether the run is recorded beside the weights: an optimizer, arguments, hyperparameters. */
  readonly hasRun: boolean;
}

const runKeys =
  /^(args|hyper_parameters|datamodule_hyper_parameters|train_args|cfg|config|opt|hparams|config\.json|training_args\.bin|trainer_state\.json|training_config|args\.yaml)($|\.)/;

export function containerOf(facts: Facts): Container {
  const { report, declaredLayers, recorded, optimizers } = facts;
  const { format, description } = report.checkpoint;
  const hasRun = optimizers.length > 0 || Object.keys(recorded).some((key) => runKeys.test(key));
  if (declaredLayers.length > 0 && ['keras', 'tfjs'].includes(facts.framework)) {
    return { kind: 'config', text: 'a model with its configuration', hasRun };
  }
  if (description.includes('TorchScript')) return { kind: 'script', text: 'TorchScript', hasRun };
  if (description.includes('whole module'))
    return { kind: 'modules', text: 'a pickled module', hasRun };
  if (format === 'onnx') return { kind: 'graph', text: 'an ONNX graph', hasRun };
  if (format === 'tflite') return { kind: 'graph', text: 'a TFLite graph', hasRun };
  if (operationsOf(facts.declared).size > 0)
    return { kind: 'graph', text: 'an exported graph', hasRun };
  return { kind: 'tensors', text: textOf(format, description), hasRun };
}

function textOf(format: string, description: string): string {
  if (description.includes('state dict')) return 'a state dict';
  if (format.startsWith('pytorch')) return 'a checkpoint of tensors';
  return `a ${description.split(',')[0] ?? format} file`;
}
