import { createHash } from 'node:crypto';

import type { Severity } from '../../core/finding';
import { rules } from '../../findings';
import type { CheckedFile, CheckedFinding, CheckResult } from '../checkResult';
import { sarifLog, uriOf } from './sarifLog';
import { evidenceText } from './text';

/** SARIF knows no remark below a note. */
const levels: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  problem: 'error',
  warn: 'warning',
  note: 'note',
  info: 'note',
};
const ruleIndices = new Map(rules.map(({ id }, index) => [id, index]));

/** For code scanning: what was found in checkpoints, which have no lines. */
export function sarifOf({ files }: CheckResult): string {
  return sarifLog({
    rules: rules.map(ruleOf),
    invocations: [
      {
        executionSuccessful: files.every(({ error }) => error === undefined),
        toolExecutionNotifications: files.flatMap(notificationsOf),
      },
    ],
    artifacts: files.map(({ path }) => ({ location: { uri: uriOf(path) } })),
    results: files.flatMap(({ path, findings }, index) =>
      findings.map((one) => resultOf(one, path, index)),
    ),
  });
}

function ruleOf({
  id,
  name,
  title,
  condition,
  rationale,
  caveats,
  severity,
  sources,
  class: evidenceClass,
}: (typeof rules)[number]) {
  return {
    id,
    name,
    shortDescription: { text: title },
    fullDescription: { text: `${rationale} Fires on: ${condition}.` },
    help: {
      text: [
        ...caveats.map((caveat) => `May also be: ${caveat}.`),
        ...sources.map((source) => `Source: ${source}.`),
      ].join('\n'),
    },
    helpUri: `https://github.com/reglens/reglens/blob/main/docs/findings.md#${id.toLowerCase()}-${name}`,
    defaultConfiguration: { level: levels[severity] },
    properties: { tags: [evidenceClass], severity },
  };
}

function resultOf({ finding, isKnown }: CheckedFinding, path: string, artifactIndex: number) {
  const { rule, message, severity, layers, confidence, evidence, caveats, suggestion } = finding;
  const ruleIndex = ruleIndices.get(rule);
  return {
    ruleId: rule,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level: levels[severity],
    message: { text: suggestion === undefined ? message : `${message} ${suggestion}.` },
    locations: [
      {
        // A checkpoint has no lines: viewers need one to show anything.
        physicalLocation: {
          artifactLocation: { uri: uriOf(path), index: artifactIndex },
          region: { startLine: 1 },
        },
        ...(layers.length === 0
          ? {}
          : {
              logicalLocations: layers.map((layer) => ({
                fullyQualifiedName: layer,
                kind: 'module',
              })),
            }),
      },
    ],
    partialFingerprints: { 'reglens/v1': fingerprintOf(path, rule, layers) },
    baselineState: isKnown ? 'unchanged' : 'new',
    properties: { severity, confidence, evidence: evidence.map(evidenceText), caveats },
  };
}

function notificationsOf({ path, error }: CheckedFile) {
  if (error === undefined) return [];
  return [
    {
      level: 'error',
      message: { text: `${path}: ${error}` },
      locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(path) } } }],
    },
  ];
}

/** The same for the same finding of another run, whatever its numbers. */
function fingerprintOf(path: string, rule: string, layers: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([path.replaceAll('\\', '/'), rule, [...layers].sort()]))
    .digest('hex')
    .slice(0, 32);
}
