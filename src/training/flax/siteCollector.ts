import type { LayerDefinition, LayerSite } from '../definition';
import type { Source, SyntaxNode } from '../source';
import { enclosing, fieldOf, textOf } from '../syntax';

/** Steps of one file, and layers it may have: real files stay far below. */
const maxSteps = 20_000;
const maxSites = 10_000;

/** Gathers the layers of a file by the call that makes them. */
export class SiteCollector {
  private readonly sites = new Map<SyntaxNode, Map<string, LayerSite>>();
  private readonly callees = new Map<SyntaxNode, string>();
  private steps = 0;
  private siteCount = 0;

  constructor(private readonly source: Source) {}

  /** Counts a step; false once there were too many, so that hostile nesting ends. */
  step(): boolean {
    return ++this.steps < maxSteps && this.siteCount < maxSites;
  }

  has(call: SyntaxNode): boolean {
    return this.sites.has(call);
  }

  add(call: SyntaxNode, callee: string, site: LayerSite): void {
    const own = this.sites.get(call) ?? new Map<string, LayerSite>();
    this.sites.set(call, own);
    this.callees.set(call, callee);
    const key = JSON.stringify(site);
    if (!own.has(key)) this.siteCount++;
    own.set(key, site);
  }

  definitions(): readonly LayerDefinition[] {
    return [...this.sites]
      .map(([call, sites]) => {
        const owner = enclosing(call, 'class_definition');
        const name = owner && fieldOf(owner, 'name');
        return {
          callee: this.callees.get(call) ?? '',
          range: { start: call.start, end: call.end },
          className: name && textOf(this.source, name),
          sites: [...sites.values()],
        };
      })
      .sort((a, b) => a.range.start - b.range.start);
  }
}
