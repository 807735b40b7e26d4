import { severityRank, type Confidence, type Finding } from '../core/finding';
import type { Facts } from './facts';
import { familiesOf } from './layerFamilies';
import type { Hit, Rule } from './rule';

/** In falling order. */
const confidences: readonly Confidence[] = ['certain', 'strong', 'suggestive'];

/**
 * Every rule that fires, the worst first: by severity, then confidence, then how many weights it is about. What contradicts
 * itself and what the file cannot show comes before all.
 */
export function findingsOf(facts: Facts, rules: readonly Rule[]): readonly Finding[] {
  const all = rules.flatMap((rule) => findingsOfRule(rule, facts));
  const first = new Set(rules.flatMap(({ id, isFirst }) => (isFirst === true ? [id] : [])));
  return all
    .map((finding) => ({ finding, size: sizeOf(finding, facts) }))
    .sort(
      (a, b) =>
        Number(first.has(b.finding.rule)) - Number(first.has(a.finding.rule)) ||
        severityRank(b.finding.severity) - severityRank(a.finding.severity) ||
        confidenceRank(a.finding.confidence) - confidenceRank(b.finding.confidence) ||
        b.size - a.size,
    )
    .map(({ finding }) => finding);
}

function findingsOfRule(rule: Rule, facts: Facts): readonly Finding[] {
  const hits = [...rule.find(facts)];
  const ofModel = hits.filter(({ layer }) => layer === undefined);
  const ofLayers = new Map<string, Hit>();
  for (const hit of hits) if (hit.layer !== undefined) ofLayers.set(hit.layer, hit);
  return [
    ...ofModel.map((hit) => findingOf(rule, [hit], hit.message)),
    ...familiesOf([...ofLayers.keys()]).map(({ pattern, names }) => {
      const group = names.flatMap((name) => ofLayers.get(name) ?? []).sort(worstFirst(rule));
      return findingOf(rule, group, `${subjectOf(pattern, group)}: ${group[0]?.message ?? ''}`);
    }),
  ];
}

function worstFirst(rule: Rule): (a: Hit, b: Hit) => number {
  const rank = (hit: Hit): number => severityRank(hit.severity ?? rule.severity);
  return (a, b) =>
    rank(b) - rank(a) ||
    confidenceRank(a.confidence) - confidenceRank(b.confidence) ||
    (b.strength ?? 0) - (a.strength ?? 0);
}

function subjectOf(pattern: string, group: readonly Hit[]): string {
  const [worst] = group;
  if (group.length === 1) return worst?.layer ?? pattern;
  const name = pattern === '' ? `${group.length} layers` : `${pattern} (${group.length} layers)`;
  return `${name}, most of all ${worst?.layer ?? ''}`;
}

/** @param group hits of one family, the worst first: what is said is said of that one */
function findingOf(rule: Rule, group: readonly Hit[], message: string): Finding {
  const [worst] = group;
  if (!worst) throw new RangeError(`${rule.id}: a finding without a hit`);
  const suggestion = worst.suggestion ?? rule.suggestion;
  return {
    rule: rule.id,
    name: rule.name,
    title: rule.title,
    layers: group.flatMap(({ layer }) => layer ?? []),
    severity: worst.severity ?? rule.severity,
    confidence: worst.confidence,
    class: worst.class ?? rule.class,
    evidence: worst.evidence.map((one) =>
      one.where === undefined && worst.layer !== undefined ? { ...one, where: worst.layer } : one,
    ),
    message,
    caveats: [...new Set([...rule.caveats, ...(worst.caveats ?? [])])],
    ...(suggestion === undefined ? {} : { suggestion }),
    techniques: worst.techniques ?? rule.techniques,
    sources: rule.sources,
  };
}

function confidenceRank(confidence: Confidence): number {
  return confidences.indexOf(confidence);
}

/** Parameters of the layers it is about; of all layers where it is about the model. */
function sizeOf({ layers }: Finding, facts: Facts): number {
  if (layers.length === 0) return facts.report.totals.parameterCount;
  return layers.reduce((sum, name) => sum + (facts.layer(name)?.parameterCount ?? 0), 0);
}
