import type { CheckResult } from '../checkResult';

/** For programs: findings as they stand in the report, and which of them fail. */
export function checkJsonOf({ files, failOn }: CheckResult): string {
  const plain = {
    version: 1,
    failOn,
    files: files.map(({ path, findings, error }) => ({
      path,
      ...(error === undefined ? {} : { error }),
      findings: findings.map(({ finding, isKnown, fails }) => ({ ...finding, isKnown, fails })),
    })),
  };
  return `${JSON.stringify(plain, null, 2)}\n`;
}
