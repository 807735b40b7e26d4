import type { JavaScriptModule } from '../javascript/module';
import type { Module } from '../module';
import type { TechniqueId } from '../techniques/technique';
import type { TextEdit, TextRange } from '../textEdit';

/** What a recipe found at one place in the code. */
export interface RecipeOffer {
  readonly technique: TechniqueId;
  /** The way of adding it, unique among all recipes: `torch.l1.proximal`. Several may be offered at one place, the best one first. */
  readonly variant: string;
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
  /** Where it is present: its strength, rate or probability as it stands in the text. */
  readonly strength?: TextRange;
  /** Where it is present: takes it out, with helpers and imports that nothing uses any more. Undefined where this is not plain. */
  removal?(): readonly TextEdit[] | undefined;
}

/** How a technique is added to the code of one framework. */
export type Recipe = PythonRecipe | JavaScriptRecipe;

interface RecipeFacts {
  readonly technique: TechniqueId;
  /** `PyTorch`, `Keras`, … */
  readonly framework: string;
}

export interface PythonRecipe extends RecipeFacts {
  readonly language: 'python';
  /** Never throws on half-typed code, and is silent when unsure. */
  find(module: Module): readonly RecipeOffer[];
}

export interface JavaScriptRecipe extends RecipeFacts {
  readonly language: 'javascript';
  /** Of JavaScript and TypeScript. Never throws on half-typed code, and is silent when unsure. */
  find(module: JavaScriptModule): readonly RecipeOffer[];
}
