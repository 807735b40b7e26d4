import type { Finding, TechniqueEvidence } from '../core/finding';
import type { Measurements, Report } from '../core/report';

/** The report with what the rules say of it. */
export function withFindings(measurements: Measurements): Report {
  return {
    ...measurements,
    findings: findingsOf(measurements),
    techniques: techniqueEvidence(measurements),
  };
}

/** Every rule that fires, the worst first. */
export function findingsOf(_measurements: Measurements): readonly Finding[] {
  return [];
}

/** What the file shows of each technique of the catalogue. */
export function techniqueEvidence(_measurements: Measurements): readonly TechniqueEvidence[] {
  return [];
}
