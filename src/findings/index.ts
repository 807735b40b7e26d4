import type { Measurements, Report } from '../core/report';
import { factsOf } from './facts';
import { findingsOf } from './findingsOf';
import { rules } from './rules';
import { techniqueEvidence } from './techniqueEvidence';
import { defaultThresholds, type Thresholds } from './thresholds';

export { rules } from './rules';
export type { Rule } from './rule';
export {
  defaultThresholds,
  thresholdNames,
  thresholdsFrom,
  type ThresholdName,
  type Thresholds,
} from './thresholds';
export { thresholdTable } from './thresholdTable';

/** The report with what the rules say of it. */
export function withFindings(
  measurements: Measurements,
  thresholds: Thresholds = defaultThresholds,
): Report {
  const facts = factsOf(measurements, thresholds);
  return {
    ...measurements,
    findings: findingsOf(facts, rules),
    techniques: techniqueEvidence(facts),
  };
}
