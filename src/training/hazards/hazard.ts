import type { JavaScriptModule } from '../javascript/module';
import type { Module } from '../module';
import type { TextEdit, TextRange } from '../textEdit';

/** How a hazard is shown unless settings say otherwise. */
export type HazardSeverity = 'warning' | 'information' | 'hint';

/** A way in which regularization is often got wrong, at one place in the code. */
export interface HazardFinding {
  /** What is wrong here and what follows from it, in one or two sentences. */
  readonly message: string;
  /** The code it is about. */
  readonly where: TextRange;
  /** Undefined where no change is plainly right. */
  readonly fix?: { readonly title: string; edits(): readonly TextEdit[] };
}

interface HazardFacts {
  /** Names the setting and the diagnostic: `torch/dropout-without-training`. */
  readonly id: string;
  /** One sentence for the documentation. */
  readonly title: string;
  readonly severity: HazardSeverity;
}

export interface PythonHazard extends HazardFacts {
  readonly language: 'python';
  /** Never throws on half-typed code, and is silent when unsure. */
  find(module: Module): readonly HazardFinding[];
}

export interface JavaScriptHazard extends HazardFacts {
  readonly language: 'javascript';
  find(module: JavaScriptModule): readonly HazardFinding[];
}

export type Hazard = PythonHazard | JavaScriptHazard;
