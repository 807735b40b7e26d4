import { follow, isTooDeep } from './evaluate';
import type { Environment } from './evaluate';
import type { Module } from './module';
import type { SyntaxNode } from './source';
import { argumentsOf, fieldOf, partsOf, textOf, unwrapped } from './syntax';

/** Longer patterns are not read on: no real path is. */
const maxLength = 1000;

/** Functions that give back their path, or part of it. */
const passing = new Set(['str', 'os.fspath', 'os.path.abspath', 'os.path.expanduser']);
const joining = new Set(['os.path.join', 'pathlib.Path', 'pathlib.PurePath', 'pathlib.PosixPath']);

/** The path that an expression makes, as a glob: `*` for each part that is not literal. */
export function pathPatternOf(module: Module, node: SyntaxNode, env: Environment): string {
  const pattern = patternOf(module, node, env)
    .replace(/\*+/g, '*')
    .replace(/\/{2,}/g, '/');
  return pattern.length > maxLength ? '*' : pattern.replace(/^\.\//, '');
}

function patternOf(module: Module, node: SyntaxNode, env: Environment): string {
  if (isTooDeep(env)) return '*';
  const value = follow(module, unwrapped(node), env);
  if (value === undefined || typeof value === 'number')
    return value === undefined ? '*' : `${value}`;
  const found = value.node;
  const inner: Environment = { ...value.env, depth: value.env.depth + 1 };
  switch (found.type) {
    case 'string':
      return stringPattern(module, found, inner);
    case 'concatenated_string':
      return partsOf(found)
        .map((part) => patternOf(module, part, inner))
        .join('');
    case 'integer':
      return textOf(module.source, found);
    case 'binary_operator':
      return operatorPattern(module, found, inner);
    case 'call':
      return callPattern(module, found, inner);
    case 'attribute':
      return commandLineDefault(module, found, inner);
    default:
      return '*';
  }
}

function stringPattern(module: Module, node: SyntaxNode, env: Environment): string {
  const { source } = module;
  return node.children
    .map((part) => {
      if (part.type === 'string_content') return contentPattern(module, part);
      if (part.type !== 'interpolation') return '';
      const expression = fieldOf(part, 'expression');
      const isFormatted = part.children.some(({ type }) => type === 'format_specifier');
      const isText = expression && !isFormatted && !/=\s*}$/.test(textOf(source, part));
      return isText ? patternOf(module, expression, env) : '*';
    })
    .join('');
}

function contentPattern({ source }: Module, content: SyntaxNode): string {
  let result = '';
  let position = content.start;
  for (const child of content.children) {
    result += literal(source.text.slice(position, child.start));
    const text = textOf(source, child);
    // A doubled brace is one; other escapes are rare in paths and stay open.
    result += child.type === 'escape_interpolation' ? literal(text.slice(1)) : '*';
    position = child.end;
  }
  return result + literal(source.text.slice(position, content.end));
}

/** Characters that a glob would read as its own match anything instead. */
function literal(text: string): string {
  return text.replace(/[*?[\]{}!]/g, '*');
}

function operatorPattern(module: Module, node: SyntaxNode, env: Environment): string {
  const [left, right] = [fieldOf(node, 'left'), fieldOf(node, 'right')];
  const operator = fieldOf(node, 'operator')?.type;
  if (!left || !right) return '*';
  const first = patternOf(module, left, env);
  switch (operator) {
    case '+':
      return first + patternOf(module, right, env);
    case '/':
      return `${first}/${patternOf(module, right, env)}`;
    case '%':
      return first.replace(/%[-\d.]*[a-z]/gi, '*');
    default:
      return '*';
  }
}

function callPattern(module: Module, call: SyntaxNode, env: Environment): string {
  const { source, names } = module;
  const callee = fieldOf(call, 'function');
  if (!callee) return '*';
  const args = argumentsOf(source, call);
  const positional = args.filter(({ name, isSplat }) => name === undefined && !isSplat);
  const parts = (): string =>
    positional.map(({ value }) => patternOf(module, value, env)).join('/');
  const origin = names.origin(callee) ?? textOf(source, callee);
  if (args.some(({ isSplat }) => isSplat)) return '*';
  if (joining.has(origin) || passing.has(origin)) return parts() || '*';
  const object = callee.type === 'attribute' ? fieldOf(callee, 'object') : undefined;
  const method = callee.type === 'attribute' ? fieldOf(callee, 'attribute') : undefined;
  if (!object || !method) return '*';
  switch (textOf(source, method)) {
    case 'joinpath':
      return `${patternOf(module, object, env)}/${parts()}`;
    case 'format':
      // The braces of the template are wildcards by now; so is what stands between them.
      return patternOf(module, object, env).replace(/\*[\w:.]*\*/g, '*');
    case 'resolve':
    case 'absolute':
    case 'expanduser':
      return patternOf(module, object, env);
    default:
      return '*';
  }
}

/** `args.save_to` of `parser.add_argument("--save-to", default="model.pt")`. */
function commandLineDefault(module: Module, attribute: SyntaxNode, env: Environment): string {
  const { source } = module;
  const name = fieldOf(attribute, 'attribute');
  if (!name) return '*';
  const wanted = textOf(source, name);
  const defaults = module.actionsIn(source.root).flatMap((call) => {
    const callee = fieldOf(call, 'function');
    if (!callee || !textOf(source, callee).endsWith('.add_argument')) return [];
    const args = argumentsOf(source, call);
    const flags = args.map(({ value }) => textOf(source, value).replace(/^['"]--?|['"]$/g, ''));
    const value = args.find((argument) => argument.name === 'default')?.value;
    return flags.some((flag) => flag.replaceAll('-', '_') === wanted) && value ? [value] : [];
  });
  const [value, ...others] = defaults;
  return value && others.length === 0 ? patternOf(module, value, env) : '*';
}
