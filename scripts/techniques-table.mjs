/**
 * Writes docs/techniques.md: which technique is added to which framework's code, and what running the edited scripts showed.
 *
 *   node scripts/techniques-table.mjs [REPORT …]
 *
 * Reports are what `npm test -- effects` writes (out/test/effects-*.json); edited scripts that none of them names are listed as not run.
 */
import fs from 'node:fs';
import path from 'node:path';

import { createServer } from 'vite';

import { outFolder, root } from './lib/paths.mjs';
import { atTheEnd, notOffered } from './lib/techniquesProse.mjs';

/** @typedef {{ case: string, technique: string, variant: string, framework: string, shape: string, runs: boolean, effect: string }} Result */

const fixtures = path.join(root, 'test/fixtures/training');
const folders = { torch: 'PyTorch', keras: 'Keras', flax: 'Flax', tfjs: 'TensorFlow.js' };

const { techniques, hazards } = await catalogue();
const results = readResults(process.argv.slice(2));
const rows = Object.entries(folders).flatMap(([folder, framework]) => rowsOf(folder, framework));
fs.writeFileSync(path.join(root, 'docs/techniques.md'), page());
const ran = rows.filter(({ result }) => result?.runs).length;
console.log(`docs/techniques.md: ${rows.length} edited scripts, ${ran} of them ran`);

/** The lists of the product, which are TypeScript. */
async function catalogue() {
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  try {
    const { techniques } = await server.ssrLoadModule('/src/training/techniques/index.ts');
    const { hazards } = await server.ssrLoadModule('/src/training/hazards/index.ts');
    return { techniques, hazards };
  } finally {
    await server.close();
  }
}

/** @param {readonly string[]} named */
function readResults(named) {
  const folder = path.join(outFolder, 'test');
  const found = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const files =
    named.length > 0
      ? named
      : found.filter((name) => /^effects-\w+\.json$/.test(name)).map((n) => path.join(folder, n));
  /** @type {Map<string, Result>} */
  const byCase = new Map();
  for (const file of files) {
    for (const result of JSON.parse(fs.readFileSync(file, 'utf8'))) byCase.set(result.case, result);
  }
  return byCase;
}

/**
 * One row an edited script.
 *
 * @param {string} folder
 * @param {string} framework
 */
function rowsOf(folder, framework) {
  return fs
    .readdirSync(path.join(fixtures, folder))
    .filter((name) => /^\w+\.[\w.-]+\.(py|js|ts)$/.test(name))
    .sort()
    .map((name) => {
      const parts = name.replace(/\.\w+$/, '').split('.');
      const [script = '', ...variant] = parts;
      const result = results.get(name) ?? results.get(parts.join('.'));
      const fromName = techniques.find(({ id }) =>
        variant.some((part) => part.replaceAll('_', '-').startsWith(id)),
      )?.id;
      return {
        technique: result?.technique ?? fromName ?? 'hazards',
        framework: result?.framework ?? framework,
        variant: result?.variant ?? variant.join('.'),
        script: `${folder}/${script}`,
        shape: result?.shape ?? '',
        result,
      };
    });
}

function page() {
  const frameworks = [...new Set(rows.map(({ framework }) => framework))];
  const isDone = (technique, framework) =>
    rows.some((row) => row.technique === technique && row.framework === framework);
  return [
    '# Techniques: what is added to training code, and what it does there',
    '',
    'Written by `node scripts/techniques-table.mjs`. Every row of the tables is a script that one of the edits changed (compared byte for byte in the unit tests), and run before',
    'and after by `npm test -- effects`. The effect is measured on the trained model or on the batches, not read from the code. It says that the edit does what it is for on a',
    "small problem (scikit-learn's digits), not that it helps on yours. *Not run*: there was no report of its run when this was written.",
    '',
    '## Techniques',
    '',
    '| technique | what it does |',
    '|---|---|',
    ...techniques.map(({ title, summary }) => `| ${title} | ${summary} |`),
    '',
    '## Where it is offered',
    '',
    '✓: offered, and the edited script is among those below.',
    '',
    `| technique | ${frameworks.join(' | ')} |`,
    `|---|${frameworks.map(() => '---').join('|')}|`,
    ...techniques.map(
      ({ id, title }) =>
        `| ${title} | ${frameworks.map((name) => (isDone(id, name) ? '✓' : '')).join(' | ')} |`,
    ),
    '',
    'Hugging Face and Lightning code is PyTorch code: what changes layers and data applies there as well. Optax holds what concerns the optimizer of Flax code.',
    '',
    ...notOffered,
    '',
    '## Edited scripts',
    ...[...techniques, { id: 'hazards', title: 'Fixes of hazards' }].flatMap(tableOf),
    '',
    '## Hazards',
    '',
    'What is often got wrong, marked in the editor and listed by `reglens lint`.',
    '',
    '| id | severity | fix | what |',
    '|---|---|---|---|',
    ...hazards.map(
      ({ id, severity, title }) =>
        `| \`${id}\` | ${severity} | ${hasFix(id) ? 'yes' : 'no'} | ${cell(title)} |`,
    ),
    '',
    '*Fix: yes* means that there is a change for at least the plain cases.',
    '',
    ...atTheEnd,
    '',
  ].join('\n');
}

/** @param {{ id: string, title: string }} technique */
function tableOf({ id, title }) {
  const own = rows.filter(({ technique }) => technique === id);
  if (own.length === 0) return [];
  return [
    '',
    `### ${title}`,
    '',
    '| framework | variant | script | place | runs | effect |',
    '|---|---|---|---|---|---|',
    ...own.map(({ framework, variant, script, shape, result }) => {
      const runs = result === undefined ? 'not run' : result.runs ? 'yes' : 'no';
      const place = script.endsWith(`/${shape}`) ? '' : shape;
      return `| ${framework} | \`${variant}\` | ${script} | ${place} | ${runs} | ${cell(result?.effect ?? '')} |`;
    }),
  ];
}

/** Whether the file that defines a hazard also makes a fix. */
function hasFix(id) {
  const folder = path.join(root, 'src/training/hazards');
  const sources = fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8'));
  const own = sources.find((text) => text.includes(`id: '${id}'`)) ?? '';
  const at = own.indexOf(`id: '${id}'`);
  const next = own.indexOf("id: '", at + 1);
  return /\bfix\b/.test(own.slice(at, next < 0 ? undefined : next));
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
}
