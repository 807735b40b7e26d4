import type { PythonSource } from '../parser';
import type { TechniqueId } from '../techniques/technique';
import type { TextEdit, TextRange } from '../textEdit';

/** What a recipe found at one place in the code. */
export interface RecipeOffer {
  readonly technique: TechniqueId;
  /** The action in words: `Add weight decay: Adam → AdamW`. */
  readonly title: string;
  /** Present already, offered, or why not (in `detail`). */
  readonly state: 'offered' | 'present' | 'unavailable';
  /** What the change does and what to know about it, or why there is none. */
  readonly detail: string;
  /** The code it is about (the optimizer's call). */
  readonly where: TextRange;
  /** The change, on the text that was parsed; empty unless offered. Valid code without further input. */
  edits(): readonly TextEdit[];
}

/** How a technique is added to the code of one framework. */
export interface Recipe {
  readonly technique: TechniqueId;
  /** `PyTorch`, `Keras`, … */
  readonly framework: string;
  /** Never throws on half-typed code, and is silent when unsure. */
  find(source: PythonSource): readonly RecipeOffer[];
}
