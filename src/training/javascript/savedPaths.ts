import type { SyntaxNode } from '../source';
import type { TextRange } from '../textEdit';
import { fieldOf, partsOf, textOf } from '../syntax';
import { usesTensorflow } from './fits';
import type { JavaScriptModule } from './module';
import { follow } from './numbers';
import { argumentsOf, callsIn, literalText, methodOf } from './syntax';

/** What `model.save` writes to: `model.json` in the folder that is named. */
export interface SavedPath {
  readonly pattern: string;
  readonly isGlob: boolean;
  readonly range: TextRange;
}

const maxDepth = 24;
const maxLength = 1000;

/** Files that models are saved to. Browser storage, downloads and servers are no files here. */
export function savedModelPaths(module: JavaScriptModule): readonly SavedPath[] {
  if (!usesTensorflow(module)) return [];
  return callsIn(module.source.root).flatMap((call) => {
    const [url] = argumentsOf(call);
    if (methodOf(module.source, call)?.name !== 'save' || !url) return [];
    const text = patternOf(module, url, 0);
    if (!text.startsWith('file://') || text.length > maxLength) return [];
    const folder = text
      .slice('file://'.length)
      .replace(/\*+/g, '*')
      .replace(/\/{2,}/g, '/')
      .replace(/^\.\//, '')
      .replace(/\/$/, '');
    // A star alone stands for every file there is.
    if (!/[\w-]/.test(folder)) return [];
    const pattern = `${folder}/model.json`;
    return [
      { pattern, isGlob: pattern.includes('*'), range: { start: call.start, end: call.end } },
    ];
  });
}

/** The text of an expression, with `*` for what is not literal. */
function patternOf(module: JavaScriptModule, node: SyntaxNode, depth: number): string {
  if (depth > maxDepth) return '*';
  const { source } = module;
  const value = follow(module, node);
  const inner = (part: SyntaxNode): string => patternOf(module, part, depth + 1);
  switch (value.type) {
    case 'string':
      return literal(literalText(source, value));
    case 'number':
      return textOf(source, value);
    case 'template_string':
      return partsOf(value)
        .map((part) => {
          if (part.type === 'string_fragment') return literal(textOf(source, part));
          const content = part.type === 'template_substitution' ? partsOf(part)[0] : undefined;
          return content && depth < 6 ? inner(content) : '*';
        })
        .join('');
    case 'binary_expression': {
      const [left, right] = [fieldOf(value, 'left'), fieldOf(value, 'right')];
      const isSum = fieldOf(value, 'operator')?.type === '+';
      // Sums of names that are sums double with each line.
      return isSum && left && right && depth < 12 ? inner(left) + inner(right) : '*';
    }
    case 'call_expression': {
      const callee = fieldOf(value, 'function');
      const isJoin = callee && /(?:^|\.)(?:join|resolve)$/.test(textOf(source, callee));
      const args = argumentsOf(value);
      return isJoin === true && args.length > 0 && depth < 6 ? args.map(inner).join('/') : '*';
    }
    default:
      return '*';
  }
}

/** Characters that a glob would read as its own match anything instead. */
function literal(text: string | undefined): string {
  return text === undefined ? '*' : text.replace(/[*?[\]{}!]/g, '*');
}
