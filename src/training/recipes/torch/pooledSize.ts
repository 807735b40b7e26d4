import { emptyEnvironment, integerOf } from '../../evaluate';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { argumentsOf, argumentValue, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import type { Chain, Operation } from '../../torch/modelChains';

/** What another size of the feature map means for the steps behind a pooling. */
export type SizeChange =
  | { readonly kind: 'free' }
  | { readonly kind: 'linear'; readonly linear: SyntaxNode; readonly channels: number }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Looks for the first step that depends on the size of the map. */
export function sizeChange(module: Module, chain: Chain, pool: Operation): SizeChange {
  const index = chain.operations.indexOf(pool);
  let isMapped = true;
  for (const { kind, origin, made } of chain.operations.slice(index + 1)) {
    if (/adaptive/i.test(origin) || /\.LazyLinear$/.test(origin)) return { kind: 'free' };
    if (kind === 'linear') {
      if (!isMapped || !made) break;
      const channels = channelsBefore(module, chain, index);
      return channels === undefined ? unknownSize : { kind: 'linear', linear: made, channels };
    }
    if (kind === 'convolution' || kind === 'pool') isMapped = false;
    else if (kind === 'other' || kind === 'sequence' || kind === 'softmax') break;
  }
  return unknownSize;
}

const unknownSize: SizeChange = {
  kind: 'unknown',
  reason:
    'Fractional pooling gives a larger map (0.7 instead of 0.5 of the side), and what the layers behind it expect does not stand plainly here; an nn.AdaptiveAvgPool2d or nn.LazyLinear behind it would take any size',
};

function channelsBefore(module: Module, { operations }: Chain, index: number): number | undefined {
  const layer = operations
    .slice(0, index)
    .findLast(({ kind }) => kind === 'convolution' || kind === 'other' || kind === 'sequence');
  if (layer?.kind !== 'convolution' || !layer.made) return undefined;
  const channels = argumentValue(argumentsOf(module.source, layer.made), 'out_channels', 1);
  return channels && integerOf(module, channels, emptyEnvironment);
}

/**
 * Changes the number of inputs of the linear layer behind a pooling: `from(side)` says what a side becomes. Undefined where
 * its inputs are not channels × side².
 */
export function resizeLinear(
  module: Module,
  change: { readonly linear: SyntaxNode; readonly channels: number },
  to: (side: number) => number | undefined,
): TextEdit | undefined {
  const { source } = module;
  const { linear, channels } = change;
  const value = argumentValue(argumentsOf(source, linear), 'in_features', 0);
  const inputs = value && integerOf(module, value, emptyEnvironment);
  if (!value || inputs === undefined || channels <= 0) return undefined;
  const side = Math.round(Math.sqrt(inputs / channels));
  const size = side > 0 && channels * side * side === inputs ? to(side) : undefined;
  if (size === undefined) return undefined;
  const text = textOf(source, value);
  const written = /^(.*\S)(\s*\*\s*)(\d+)(\s*\*\s*)(\d+)$/.exec(text);
  const isWritten = written?.[3] === `${side}` && written[5] === `${side}`;
  // A name that is used elsewhere too must not change.
  if (!isWritten && value.type !== 'integer') return undefined;
  const newText = isWritten
    ? `${written[1] ?? ''}${written[2] ?? ''}${size}${written[4] ?? ''}${size}`
    : `${channels * size * size}`;
  const stops = [{ start: 0, end: newText.length }];
  return {
    start: value.start,
    end: value.end,
    newText,
    stops,
    label: `${inputs} → ${channels * size * size} inputs`,
  };
}

/** Side of the map after fractional pooling where pooling by 2 gave `side`, on a map whose side is even. */
export function fractionalSide(side: number, ratio: number): number {
  return Math.floor(2 * side * ratio);
}

/** The reverse of fractionalSide. */
export function halvedSide(side: number, ratio: number): number | undefined {
  for (let half = 1; half <= side; half++) {
    if (fractionalSide(half, ratio) === side) return half;
  }
  return undefined;
}
