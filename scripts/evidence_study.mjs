/**
 * Judges the networks of evidence_study.py and writes docs/evidence.md: for each technique and each rule how often it is found
 * where it was used, and where it was not.
 *
 * Run: node scripts/evidence_study.mjs FOLDER
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createServer } from 'vite';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: node scripts/evidence_study.mjs FOLDER');
const root = join(import.meta.dirname, '..');

const runs = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));

/** The sources as they are: no build is needed, and none can be out of date. */
const server = await createServer({
  root,
  configFile: false,
  appType: 'custom',
  logLevel: 'error',
  server: { middlewareMode: true, watch: null, ws: false },
  optimizeDeps: { noDiscovery: true },
});
const { measuredFixture } = await server.ssrLoadModule('/test/support/measuredFixture.ts');
const { withFindings, rules } = await server.ssrLoadModule('/src/findings/index.ts');

for (const run of runs) {
  const report = withFindings(await measuredFixture(join(folder, run.file)));
  run.verdicts = new Map(report.techniques.map(({ technique, verdict }) => [technique, verdict]));
  run.rules = new Set(report.findings.map(({ rule }) => rule));
  run.sure = new Set(
    report.findings.filter(({ confidence }) => confidence !== 'suggestive').map(({ rule }) => rule),
  );
}
await server.close();

const groups = [...new Set(runs.map(({ run }) => run))].map((name) => {
  const own = runs.filter(({ run }) => run === name);
  return { name, own, techniques: own[0].techniques };
});

const found = new Set(['declared', 'recorded', 'structural', 'measured']);
const percent = (value) => `${Math.round(100 * value)} %`;
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const row = (...cells) => `| ${cells.join(' | ')} |`;
const table = (head, ...rows) =>
  [row(...head), row(...head.map(() => '---')), ...rows.map((cells) => row(...cells))].join('\n');

/** Techniques: used and found, used and said to be unknowable, used and denied; not used and found. */
function techniqueRows() {
  const ids = [...runs[0].verdicts.keys()];
  return ids.map((id) => {
    const used = runs.filter(({ techniques }) => techniques.includes(id));
    const unused = runs.filter(({ techniques }) => !techniques.includes(id));
    const count = (list, test) => list.filter(({ verdicts }) => test(verdicts.get(id))).length;
    const denied = count(used, (verdict) => verdict === 'absent' || verdict === 'declared-off');
    return [
      `\`${id}\``,
      used.length,
      count(used, (verdict) => found.has(verdict)),
      count(used, (verdict) => verdict === 'undeterminable'),
      denied,
      unused.length,
      count(unused, (verdict) => found.has(verdict)),
    ];
  });
}

/** Rules, and the technique whose mark each is meant to find; of those that look for its absence, with `not`. */
const meant = {
  B1: 'l1',
  B2: 'l1',
  C6: 'l2',
  C7: 'not l2',
  E1: 'orthogonality',
  F3: 'max-norm',
  C9: 'batch-norm',
  I1: 'dropout',
  I5: 'fractional-pooling',
  I6: 'augmentation',
  J2: 'none',
};

/** Whether a network is one that the rule is meant for. */
function isMeant(aim, techniques) {
  if (aim === 'none') return techniques.length === 0;
  if (aim.startsWith('not ')) return !techniques.includes(aim.slice('not '.length));
  return techniques.includes(aim);
}

function ruleRows() {
  return rules
    .filter(({ id }) => runs.some((run) => run.rules.has(id)))
    .map(({ id, name, class: kind, severity }) => {
      const aim = meant[id];
      const fired = (list) => {
        const count = list.filter((run) => run.rules.has(id)).length;
        const sure = list.filter((run) => run.sure.has(id)).length;
        return `${count} of ${list.length}${sure < count ? `, ${sure} surely` : ''}`;
      };
      const cells =
        aim === undefined
          ? ['', '', fired(runs)]
          : [
              `\`${aim}\``,
              fired(runs.filter(({ techniques }) => isMeant(aim, techniques))),
              fired(runs.filter(({ techniques }) => !isMeant(aim, techniques))),
            ];
      return [id, `\`${name}\``, kind, severity, ...cells];
    });
}

function runRows() {
  return groups.map(({ name, own, techniques }) => {
    const ids = rules.map(({ id }) => id).filter((id) => own.some((run) => run.rules.has(id)));
    const counted = ids.map((id) => {
      const count = own.filter((run) => run.rules.has(id)).length;
      return count === own.length ? id : `${id} (${count})`;
    });
    return [
      name,
      techniques.join(', ') || 'none',
      percent(mean(own.map(({ train }) => train))),
      percent(mean(own.map(({ test }) => test))),
      counted.join(' '),
    ];
  });
}

const seedCounts = groups.map(({ own }) => own.length);
const [fewest, most] = [Math.min(...seedCounts), Math.max(...seedCounts)];
const seedCount = fewest === most ? String(most) : `${fewest} to ${most}`;
const notes = readFileSync(join(import.meta.dirname, 'evidence_notes.md'), 'utf8').trim();
const text = `# What the rules find in trained networks

Written by \`scripts/evidence_study.mjs\` from ${runs.length} networks that \`scripts/evidence_study.py\` trained: multilayer perceptrons of 128 units and a small convolutional network on scikit-learn's digits, a tenth of the labels wrong, ${seedCount} seeds each, with and without each technique. Training scripts record their learning rate and epochs and no penalty, as most do. These are small networks on one small data set: the rates below are those of this study, not of models in general.

## Techniques

*Used and found*: the row of the technique says declared, recorded, structural or measured. *Cannot tell*: it says that the file cannot show it, which is the honest answer for what acts in training only. *Denied*: it says absent or off, which would be wrong. *Not used but found*: a false alarm.

${table(['technique', 'used', 'found', 'cannot tell', 'denied', 'not used', 'not used but found'], ...techniqueRows())}

## Rules

Where a rule looks for the mark of one technique (or for its absence, or for networks with none), how often it fired with it (hits) and without it (false alarms); else how often it fired at all. *Surely*: not with the confidence \`suggestive\`.

${table(['rule', 'name', 'class', 'severity', 'looks for', 'fired with it', 'fired without it'], ...ruleRows())}

${notes}

## Runs

Rules that fired on the seeds of each run, in brackets on how many if not on all. Accuracies in training and test are means.

${table(['run', 'techniques', 'training', 'test', 'rules'], ...runRows())}
`;
writeFileSync(join(root, 'docs/evidence.md'), text);
console.log(text);
