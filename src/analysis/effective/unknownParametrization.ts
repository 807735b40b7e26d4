import type { Kind } from './combination';

/** `parametrizations.weight.original` of which no other kind knows what the layer makes: its class is not in the file. */
export const unknownParametrization: Kind = ({ name }, sources) => {
  const [, prefix] = /^(.*parametrizations\.[^.]+\.)original$/.exec(name) ?? [];
  if (prefix === undefined) return undefined;
  const numbers = new Set(
    sources.parametrizationsAt(prefix).flatMap((part) => /^\d+(?=\.)/.exec(part) ?? []),
  );
  return {
    refused:
      numbers.size > 1
        ? `the original of ${numbers.size} parametrizations one after the other`
        : 'the original of a parametrization whose class the file does not name',
  };
};
