import type { LanguageId } from './source';

/** Modules of the frameworks that there are recipes for. */
const pythonFrameworks =
  /\b(?:torch|torchvision|lightning|pytorch_lightning|transformers|timm|keras|tensorflow|jax|flax|optax)\b/;
const javaScriptFrameworks = /@tensorflow\/tfjs|\btf\.(?:layers|sequential|model|train)\b/;

/** Whether a file can be training code at all: a look at its text, before it is parsed. */
export function mayBeTrainingCode(text: string, language: LanguageId): boolean {
  return (language === 'python' ? pythonFrameworks : javaScriptFrameworks).test(text);
}
