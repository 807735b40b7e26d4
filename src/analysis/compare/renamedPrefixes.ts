import { normalisedName } from './normalisedName';
import type { Pairing } from './pairing';
import { sameShape } from './pairViews';

/** Parts of a name's end that are compared: the parameter and at least one part of the module before it. */
const shortestSuffix = 2;
const longestSuffix = 8;
/** An ending that fits more layers than this says nothing. */
const maxCandidates = 4;
/** Renamings that are tried, those that explain most layers first. */
const maxRenamings = 64;

interface Renaming {
  readonly from: string;
  readonly to: string;
  votes: number;
}

/**
 * Pairs layers whose names differ in how they begin, `encoder.` here and `backbone.` there. Every layer of A votes for the renaming
 * that its longest ending in B, of the same shape, stands for; the renamings are then applied, the most voted first.
 */
export function matchRenamedPrefixes(pairing: Pairing): void {
  const namesB = new Map<string, number[]>();
  for (const index of pairing.restB) {
    const name = normalisedName(pairing.layer('b', index).weight.name);
    const known = namesB.get(name);
    if (known) known.push(index);
    else namesB.set(name, [index]);
  }
  for (const { from, to, votes } of renamingsOf(pairing)) {
    const detail = `${from === '' ? '(nothing)' : from} → ${to === '' ? '(nothing)' : to}`;
    for (const a of pairing.restA) {
      const name = normalisedName(pairing.layer('a', a).weight.name);
      const rest = withoutPrefix(name, from);
      if (rest === undefined) continue;
      const b = namesB
        .get(to === '' ? rest : `${to}.${rest}`)
        ?.find((one) => pairing.isFree(a, one));
      if (b === undefined) continue;
      const isSame = sameShape(pairing.layer('a', a), pairing.layer('b', b));
      // One layer is no pattern: that it is also of another size is then too much of a guess.
      if (!isSame && votes < 2) continue;
      const confidence = votes < 2 ? 0.6 : isSame ? 0.95 : 0.7;
      pairing.join(a, b, { by: 'renamed-prefix', confidence, detail });
    }
  }
}

function renamingsOf(pairing: Pairing): readonly Renaming[] {
  const endings = new Map<string, number[]>();
  for (const index of pairing.restB) {
    for (const { suffix } of endingsOf(pairing.layer('b', index).weight.name)) {
      const known = endings.get(suffix);
      if (!known) endings.set(suffix, [index]);
      else if (known.length <= maxCandidates) known.push(index);
    }
  }
  const renamings = new Map<string, Renaming>();
  for (const index of pairing.restA) {
    const layer = pairing.layer('a', index);
    for (const { prefix: from, suffix } of endingsOf(layer.weight.name)) {
      const found = (endings.get(suffix) ?? []).filter((b) =>
        sameShape(layer, pairing.layer('b', b)),
      );
      if (found.length === 0 || found.length > maxCandidates) continue;
      for (const b of found) {
        const name = normalisedName(pairing.layer('b', b).weight.name);
        const to = name.slice(0, Math.max(0, name.length - suffix.length - 1));
        if (to === from) continue;
        const key = `${from}\n${to}`;
        const known = renamings.get(key);
        if (known) known.votes += 1;
        else renamings.set(key, { from, to, votes: 1 });
      }
      break;
    }
  }
  return [...renamings.values()].sort((x, y) => y.votes - x.votes).slice(0, maxRenamings);
}

/** Ways to cut a name in two, the longest ending first. */
function endingsOf(name: string): readonly { readonly prefix: string; readonly suffix: string }[] {
  const parts = normalisedName(name).split('.');
  const longest = Math.min(longestSuffix, parts.length);
  const endings = [];
  for (let length = longest; length >= shortestSuffix; length--) {
    const at = parts.length - length;
    endings.push({ prefix: parts.slice(0, at).join('.'), suffix: parts.slice(at).join('.') });
  }
  return endings;
}

function withoutPrefix(name: string, prefix: string): string | undefined {
  if (prefix === '') return name;
  return name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1) : undefined;
}
