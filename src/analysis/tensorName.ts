/** A tensor's name taken apart: `features.0.weight` is parameter `weight` of module `features.0`. */
export interface NameParts {
  /** Empty where the name has one part only. */
  readonly module: string;
  readonly parameter: string;
  /** The separator that the file uses. */
  readonly separator: '.' | '/';
}

/** Splits at the last separator. TensorFlow's `:0` output index is no part of the parameter. */
export function splitName(name: string): NameParts {
  const clean = name.replace(/:\d+$/, '');
  const separator = clean.includes('/') ? '/' : '.';
  const at = clean.lastIndexOf(separator);
  return {
    module: at < 0 ? '' : clean.slice(0, at),
    parameter: clean.slice(at + 1),
    separator,
  };
}

/** The last part of a module path: `bn1` of `layer1.0.bn1`. */
export function lastPart(module: string): string {
  return module.slice(Math.max(module.lastIndexOf('.'), module.lastIndexOf('/')) + 1);
}
