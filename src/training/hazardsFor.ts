import { hazards } from './hazards';
import type { Hazard, HazardFinding } from './hazards/hazard';
import { readJavaScriptModule } from './javascript/module';
import { readModule } from './module';
import type { Source } from './source';

/** One hazard at one place. */
export interface HazardReport extends HazardFinding {
  readonly hazard: Hazard;
}

/** Every hazard in the file, in the order of the text. */
export function hazardsFor(source: Source): readonly HazardReport[] {
  return hazards
    .flatMap((hazard) => findIn(source, hazard).map((finding) => ({ ...finding, hazard })))
    .sort((a, b) => a.where.start - b.where.start);
}

function findIn(source: Source, hazard: Hazard): readonly HazardFinding[] {
  if (hazard.language === 'python') {
    return source.language === 'python' ? hazard.find(readModule(source)) : [];
  }
  return source.language === 'python' ? [] : hazard.find(readJavaScriptModule(source));
}
