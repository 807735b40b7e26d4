import { isJsonObject, type Json } from '../../core/json';

/** Parses a configuration. Python writes `NaN` and `Infinity`, which JSON has not: they become null. */
export function parseConfig(text: string): Json | undefined {
  try {
    return toObject(JSON.parse(text));
  } catch {
    // Not JSON as it stands: try it as Python wrote it.
  }
  const plain = text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (match) =>
    match.startsWith('"') ? match : 'null',
  );
  try {
    return toObject(JSON.parse(plain));
  } catch {
    // A configuration is welcome, not needed: the weights are read without it.
    return undefined;
  }
}

function toObject(value: unknown): Json | undefined {
  return isJsonObject(value) ? value : undefined;
}
