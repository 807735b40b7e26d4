import { version } from '../version';

/** What a run found, and by which rules. */
export interface SarifRun {
  readonly rules: readonly object[];
  readonly results: readonly object[];
  readonly invocations?: readonly object[];
  readonly artifacts?: readonly object[];
}

/**
 * A log of one run in the Static Analysis Results Interchange Format, for code scanning.
 *
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarifLog({ rules, ...run }: SarifRun): string {
  const driver = {
    name: 'RegLens',
    version,
    informationUri: 'https://github.com/reglens/reglens',
    rules,
  };
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, ...run, columnKind: 'utf16CodeUnits' }],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** A relative path stays relative, an absolute one gets the scheme. */
export function uriOf(path: string): string {
  // A lone surrogate has no encoding.
  const slashes = path
    .replace(/\p{Cs}/gu, '\ufffd')
    .replaceAll('\\', '/')
    .replace(/^(\.\/)+/, '');
  const encoded = slashes.split('/').map(encodeURIComponent).join('/');
  if (slashes.startsWith('/')) return `file://${encoded}`;
  return /^[A-Za-z]:\//.test(slashes) ? `file:///${encoded.replace('%3A', ':')}` : encoded;
}
