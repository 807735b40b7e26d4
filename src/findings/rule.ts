import type { Confidence, Evidence, EvidenceClass, Severity } from '../core/finding';
import type { Facts } from './facts';
import type { ThresholdName } from './thresholds';

/**
 * A rule says when numbers or records of a checkpoint are worth a sentence. It yields one hit a layer (or one for the model);
 * hits of layers of one family (`layers.*.fc1`) become one finding.
 */
export interface Rule {
  /** Letter of the family and a number: `B1`. */
  readonly id: string;
  /** Slug for settings and reports: `exact-sparsity`. */
  readonly name: string;
  readonly title: string;
  readonly class: EvidenceClass;
  /** Of a hit that states none. */
  readonly severity: Severity;
  /** When it fires, in plain words with Unicode maths; the numbers stand in `thresholds`. */
  readonly condition: string;
  /** Why this is worth knowing. */
  readonly rationale: string;
  /** What else could explain it: the known false positives. */
  readonly caveats: readonly string[];
  /** What to do. Of measured evidence on its own no regularizer is recommended: "if validation is worse than training, try …". */
  readonly suggestion?: string;
  /** Ids of techniques that may help, in the catalogue of techniques. */
  readonly techniques: readonly string[];
  readonly sources: readonly string[];
  readonly thresholds: readonly ThresholdName[];
  /** Told before all others, whatever their severity: what the file cannot show, and where it contradicts itself. */
  readonly isFirst?: boolean;
  find(facts: Facts): Iterable<Hit>;
}

/** What a rule found at one place. */
export interface Hit {
  /** Name of the layer; absent where it is about the whole model. */
  readonly layer?: string;
  /** Instead of the rule's own. */
  readonly severity?: Severity;
  /** Instead of the rule's own. */
  readonly class?: EvidenceClass;
  readonly confidence: Confidence;
  readonly evidence: readonly Evidence[];
  /**
   * One or two sentences without the layer's name, which is put before it. Of measured evidence: "consistent with", never "was
   * trained with".
   */
  readonly message: string;
  /** How far it goes, to tell the worst of several; any increasing scale within the rule. Default 0. */
  readonly strength?: number;
  /** In addition to the rule's own. */
  readonly caveats?: readonly string[];
  /** Instead of the rule's own. */
  readonly suggestion?: string;
  /** Instead of the rule's own. */
  readonly techniques?: readonly string[];
}
