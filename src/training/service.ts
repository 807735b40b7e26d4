import { checkpointPaths } from './checkpointPaths';
import type { CheckpointPath } from './checkpointPaths';
import type { LayerDefinition } from './definition';
import { findLayerDefinitions } from './definitions';
import type { HazardSeverity } from './hazards/hazard';
import { hazardsFor } from './hazardsFor';
import type { HazardReport } from './hazardsFor';
import { offersFor } from './offers';
import type { EditedScript } from './editedScript';
import type { ScriptParser } from './parser';
import type { RecipeOffer } from './recipes/recipe';
import type { LanguageId, Source } from './source';
import type { TextEdit, TextRange } from './textEdit';

/** A recipe's offer without its edits, which are asked for when they are wanted. */
export type OfferFacts = Omit<RecipeOffer, 'edits' | 'removal'> & { readonly canRemove: boolean };

export interface HazardFacts {
  readonly id: string;
  readonly title: string;
  readonly severity: HazardSeverity;
  readonly message: string;
  readonly where: TextRange;
  /** Title of the change that mends it, where there is one. */
  readonly fix?: string;
}

/** Everything that is found in one state of a script: plain data. */
export interface ScriptFacts {
  /** Names this state of the text: edits are asked for by it and by position in the lists. */
  readonly revision: number;
  readonly definitions: readonly LayerDefinition[];
  readonly paths: readonly CheckpointPath[];
  readonly offers: readonly OfferFacts[];
  readonly hazards: readonly HazardFacts[];
}

/** Reads training code for somebody who must not wait for it: an editor, in another thread. */
export interface TrainingApi {
  /** @param key names the script, so that its last state is kept */
  facts(key: string, language: LanguageId, text: string): Promise<ScriptFacts>;
  /** Edits of the offers[index] of a state; undefined where the script has changed since. */
  edits(key: string, revision: number, offer: number): Promise<readonly TextEdit[] | undefined>;
  removal(key: string, revision: number, offer: number): Promise<readonly TextEdit[] | undefined>;
  fix(key: string, revision: number, hazard: number): Promise<readonly TextEdit[] | undefined>;
  forget(key: string): Promise<void>;
}

/** Scripts whose trees are kept, so that edits can be made: those that were read last. */
const maxKept = 24;

interface State {
  readonly script: EditedScript;
  readonly source: Source;
  readonly facts: ScriptFacts;
  readonly offers: readonly RecipeOffer[];
  readonly hazards: readonly HazardReport[];
}

export function trainingService(parser: ScriptParser): TrainingApi {
  const states = new Map<string, State>();
  let revisions = 0;
  const stateOf = (key: string, revision: number): State | undefined => {
    const state = states.get(key);
    return state?.facts.revision === revision ? state : undefined;
  };
  const drop = (key: string, but?: EditedScript): void => {
    const script = states.get(key)?.script;
    if (script !== but) script?.close();
    states.delete(key);
  };
  return {
    facts: async (key, language, text) => {
      const opened = await parser.open(language);
      const known = states.get(key);
      const script = known?.source.language === language ? known.script : opened;
      const source = script.read(text);
      const state = known?.source === source ? known : analysed(script, source, ++revisions);
      drop(key, script);
      states.set(key, state);
      for (const oldest of states.keys()) {
        if (states.size <= maxKept) break;
        drop(oldest);
      }
      return state.facts;
    },
    edits: (key, revision, offer) =>
      Promise.resolve(stateOf(key, revision)?.offers[offer]?.edits()),
    removal: (key, revision, offer) =>
      Promise.resolve(stateOf(key, revision)?.offers[offer]?.removal?.()),
    fix: (key, revision, hazard) =>
      Promise.resolve(stateOf(key, revision)?.hazards[hazard]?.fix?.edits()),
    forget: (key) => {
      drop(key);
      return Promise.resolve();
    },
  };
}

/** What can cross to another thread: an offer without its functions. */
function factsOf(offer: RecipeOffer): OfferFacts {
  const { technique, variant, title, state, detail, where, strength } = offer;
  return {
    technique,
    variant,
    title,
    state,
    detail,
    where,
    ...(strength && { strength }),
    canRemove: offer.removal !== undefined,
  };
}

function analysed(script: EditedScript, source: Source, revision: number): State {
  const offers = offersFor(source);
  const hazards = hazardsFor(source);
  const facts: ScriptFacts = {
    revision,
    definitions: findLayerDefinitions(source),
    paths: checkpointPaths(source),
    offers: offers.map(factsOf),
    hazards: hazards.map(({ hazard, message, where, fix }) => ({
      id: hazard.id,
      title: hazard.title,
      severity: hazard.severity,
      message,
      where,
      ...(fix && { fix: fix.title }),
    })),
  };
  return { script, source, facts, offers, hazards };
}
