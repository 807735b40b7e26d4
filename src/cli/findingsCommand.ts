import { rules, thresholdTable, type Rule, type ThresholdName } from '../findings';
import { flagsOf } from './arguments';
import type { Terminal } from './terminal';

/** By the letter of their ids. */
const families: readonly (readonly [letter: string, title: string])[] = [
  ['A', 'Integrity'],
  ['B', 'Sparsity'],
  ['C', 'Weight decay'],
  ['D', 'Normalisation layers'],
  ['E', 'Orthogonality, redundancy, conditioning'],
  ['F', 'Constraints'],
  ['G', 'Against random matrices'],
  ['H', 'Recurrent layers'],
  ['I', 'Declared and stored techniques'],
  ['J', 'The model as a whole'],
];

/** `reglens findings`: what every rule looks for, from the same records that the engine runs. */
export function findingsCommand(argv: readonly string[], terminal: Terminal): number {
  const { json } = flagsOf(argv, { json: { type: 'boolean' } });
  terminal.out(json ? `${JSON.stringify(rules.map(plainRule), null, 2)}\n` : findingsDocument());
  return 0;
}

/** The rules as a Markdown document: docs/findings.md is this text. */
export function findingsDocument(): string {
  const sections = families.flatMap(([letter, title]) => {
    const own = rules.filter(({ id }) => id.startsWith(letter));
    return own.length > 0 ? [`## ${letter}: ${title}\n`, ...own.map(entryOf)] : [];
  });
  return [
    '# Findings\n',
    'Written by `npm run docs` from the rules themselves. `reglens inspect` and the editor show what they find, `reglens check` fails on it (see [ci.md](ci.md)).\n',
    'A severity says how much it matters: `problem` (wrong whatever was intended), `warn`, `note`, `info`. A confidence says how sure it is: `certain` for what is counted, recorded or declared, `strong` and `suggestive`',
    'for what is concluded from weights. Numbers alone never tell how a model was trained: they are *consistent with* it. Layers whose names differ by numbers only share a finding, which tells of the worst.\n',
    `Rules on measured numbers judge dense, convolution and recurrent weights with at least ${thresholdTable['any.elements'].default} elements and ${thresholdTable['any.side'].default} rows and columns, all finite and not constant, stored whole`,
    '(not as parts of a parametrization). Limits can be changed by name: `--threshold exact-sparsity.note=0.1` for `reglens check`, `"reglens.findings.thresholds": { "exact-sparsity.note": 0.1 }` in the settings of the editor.',
    'Their defaults were calibrated on small networks; [evidence.md](evidence.md) says how often each rule hits and misses on them.\n',
    ...sections,
  ].join('\n');
}

function entryOf(rule: Rule): string {
  const { id, name, title, severity, condition, rationale, caveats, suggestion, sources } = rule;
  return [
    `### ${id} ${name}\n`,
    `**${title}.** ${rationale} *(${rule.class}, ${severity})*\n`,
    `- Fires on: ${condition}`,
    ...rule.thresholds.map(thresholdText),
    ...(caveats.length > 0 ? [`- What else it may be: ${caveats.join('; ')}`] : []),
    ...(suggestion === undefined ? [] : [`- What to do: ${suggestion}`]),
    ...(rule.techniques.length > 0 ? [`- Techniques: ${rule.techniques.join(', ')}`] : []),
    `- Source: ${sources.join('; ')}\n`,
  ].join('\n');
}

function thresholdText(name: ThresholdName): string {
  const { default: value, doc } = thresholdTable[name];
  return `- \`${name}\` = ${value}: ${doc}`;
}

function plainRule(rule: Rule) {
  return {
    ...Object.fromEntries(Object.entries(rule).filter(([key]) => key !== 'find')),
    thresholds: Object.fromEntries(rule.thresholds.map((name) => [name, thresholdTable[name]])),
  };
}
