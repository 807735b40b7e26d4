/** Folders whose name says nothing of the run. */
const generic =
  /^(?:|\.|checkpoints?|ckpts?|chkpts?|weights?|models?|saved?|saved_models?|snapshots?|out|outputs?|logs?)$/i;
/** Words of a file's name that say no more than what its numbers are. */
const plain =
  /^(?:|epochs?|ep|e|steps?|iters?|iterations?|it|models?|weights?|checkpoints?|ckpts?|cp|net|val|valid|train|loss|acc%?|top%|prec%|accuracy|improvement|tmp|best|update|global|state|states)$/i;

/** What a run is called: its folder, and its files where their name says more. */
export function runName(folder: string, fixed: string): string {
  const parts = folder.split('/');
  const own = parts.at(-1) ?? '';
  const above = parts.at(-2) ?? '';
  const place = generic.test(own) && above !== '' ? above : own;
  const below = fixed.split('/');
  const stem = (below[0] ?? '').replace(/(?:\.[a-z]\w*)+$/i, '');
  const words = [stem, ...below.slice(1, -1)]
    .flatMap((part) => part.split(/[-_ #=.]+/))
    .filter((word) => !plain.test(word))
    .join('-');
  return [place, words].filter((part) => part !== '' && part !== '.').join(' · ') || 'run';
}
