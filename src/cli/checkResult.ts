import type { Finding } from '../core/finding';

/** What `reglens check` found in one file. */
export interface CheckedFile {
  /** As it was given. */
  readonly path: string;
  readonly findings: readonly CheckedFinding[];
  /** Why it could not be read. */
  readonly error?: string;
}

export interface CheckedFinding {
  readonly finding: Finding;
  /** Whether the baseline holds it. */
  readonly isKnown: boolean;
  /** Whether the command fails because of it. */
  readonly fails: boolean;
}

export interface CheckResult {
  readonly files: readonly CheckedFile[];
  /** What makes it fail, as it was asked for: `problem`, `B1,warn`. */
  readonly failOn: string;
}
