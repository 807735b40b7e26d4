/**
 * Where a statement comes from. `declared`: configuration, hyperparameters, graph nodes; `recorded`: optimizer state, logs;
 * `structural`: names and shapes of tensors; `measured`: numbers computed from the weights, never certain.
 */
export type EvidenceClass = 'declared' | 'recorded' | 'structural' | 'measured';

/** In rising order. `problem`: wrong whatever was intended. */
export const severities = ['info', 'note', 'warn', 'problem'] as const;
export type Severity = (typeof severities)[number];

/** Where a severity stands in the order. */
export function severityRank(severity: Severity): number {
  return severities.indexOf(severity);
}

/** How sure a finding is; what is measured is never certain. */
export type Confidence = 'certain' | 'strong' | 'suggestive';

/** One number or word on which a finding rests. */
export interface Evidence {
  /** Metric id of the catalogue (`oi.row`), or what was read: `weight_decay`. */
  readonly name: string;
  readonly value: number | string;
  /** The limit that it crossed, in words: `≥ 0.05`. */
  readonly threshold?: string;
  /** Where it was read: a layer, a tensor, a key of the configuration. */
  readonly where?: string;
}

/** A rule that fired. */
export interface Finding {
  /** Id of the rule: `B1`. */
  readonly rule: string;
  /** Short name of the rule, a slug for settings and reports: `exact-sparsity`. */
  readonly name: string;
  readonly title: string;
  /** Names of the layers it is about; none for the whole model. */
  readonly layers: readonly string[];
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly class: EvidenceClass;
  readonly evidence: readonly Evidence[];
  /** One or two sentences. Of measured evidence: "consistent with", never "was trained with". */
  readonly message: string;
  /** What else could explain it. */
  readonly caveats: readonly string[];
  readonly suggestion?: string;
  /** Ids of techniques that may help: `l1`, `orthogonality`. */
  readonly techniques: readonly string[];
  readonly sources: readonly string[];
}

/** What a checkpoint shows of one technique. */
export interface TechniqueEvidence {
  /** `l1`, `l2`, … in the order of the catalogue of techniques. */
  readonly technique: string;
  readonly title: string;
  readonly verdict:
    | 'declared'
    | 'declared-off'
    | 'recorded'
    | 'structural'
    | 'measured'
    | 'absent'
    | 'undeterminable';
  /** One sentence: what was found, or why this file cannot show it. */
  readonly message: string;
  readonly evidence: readonly (Evidence & { readonly class: EvidenceClass })[];
}
