import { qualifiedName } from '../../edits/addImport';
import { insertAfter, statementOf } from '../../edits/insertStatement';
import { removeStatement, removeUnused } from '../../edits/removal';
import type { Module } from '../../module';
import type { SyntaxNode } from '../../source';
import { fieldOf, textOf } from '../../syntax';
import type { TextEdit } from '../../textEdit';
import type { Pipeline, Transform } from '../../torch/dataPipelines';
import { importEdits, together } from './layerEdits';

const conversions = /^(?:ToTensor|PILToTensor|ToImage|ToImageTensor)$/;
const tensorSteps =
  /^(?:ToTensor|PILToTensor|ToImage|ToImageTensor|Normalize|ConvertImageDtype|ConvertImageDtypes|ToDtype|ToPureTensor)$/;

/** Import lines that the edits of pipelines may add. */
export const pipelineImports = [
  'from torchvision import transforms',
  'from torchvision.transforms import v2',
];

/** The step that makes tensors of images: images before, tensors behind it. */
export function conversionOf(
  pipelines: readonly Pipeline[],
  { transforms }: Pipeline,
): Transform | undefined {
  return transforms.find(
    ({ name, base }) => conversions.test(name) || isConverting(pipelines, base),
  );
}

/** The last step that a tensor needs before it is fed to a model; undefined where a step of unknown effect follows. */
export function lastTensorStep(
  pipelines: readonly Pipeline[],
  { transforms }: Pipeline,
): Transform | undefined {
  const last = transforms.findLast(
    ({ name, base }) => tensorSteps.test(name) || isConverting(pipelines, base),
  );
  const behind = last ? transforms.slice(transforms.indexOf(last) + 1) : [];
  return behind.some(({ name }) => name === '' || name === 'Lambda') ? undefined : last;
}

function isConverting(pipelines: readonly Pipeline[], base: string | undefined): boolean {
  const pipeline = pipelines.find(({ name }) => name !== undefined && name === base);
  return pipeline?.transforms.some(({ name }) => conversions.test(name)) ?? false;
}

/** Patterns such as `RandomAffine(degrees=${1:10})` with the file's own prefix, and the imports for it. */
export function qualified(
  module: Module,
  { library, compose }: Pipeline,
  patterns: readonly string[],
): { readonly patterns: readonly string[]; readonly imports: readonly string[] } | undefined {
  const isSecond = library.endsWith('v2');
  const fallback = {
    line: isSecond ? 'from torchvision.transforms import v2' : 'from torchvision import transforms',
    binds: isSecond ? 'v2' : 'transforms',
    origin: library,
  };
  const imports = new Set<string>();
  const texts: string[] = [];
  for (const pattern of patterns) {
    const [, name = '', rest = ''] = /^(\w+)(.*)$/s.exec(pattern) ?? [];
    const found = qualifiedName(module, `${library}.${name}`, compose, { fallback });
    if (!found) return undefined;
    found.imports.forEach((line) => imports.add(line));
    texts.push(found.text + rest);
  }
  return { patterns: texts, imports: [...imports] };
}

/** A pipeline of its own for the training data, where the test data shares the one that there is. */
export function split(
  module: Module,
  pipeline: Pipeline,
  steps: { readonly before: readonly string[]; readonly after: readonly string[] },
): readonly TextEdit[] | undefined {
  const { compose, name, uses } = pipeline;
  const callee = fieldOf(compose, 'function');
  if (name === undefined || !callee) return undefined;
  const own = ['train_transform', 'training_transform', `augmented_${name}`].find(
    (free) => module.names.lookup(free, compose).length === 0 && free !== name,
  );
  const before = qualified(module, pipeline, steps.before);
  const after = qualified(module, pipeline, steps.after);
  if (own === undefined || !before || !after) return undefined;
  const elements = [...before.patterns, `*${name}.transforms`, ...after.patterns];
  const lines = [
    `${own} = ${textOf(module.source, callee)}([`,
    ...elements.map((element) => `    ${element},`),
    '])',
  ];
  const imports = [...new Set([...before.imports, ...after.imports])];
  const label = `Split ${name}: ${own} for the training data`;
  return together(
    insertAfter(module.source, statementOf(compose), lines.join('\n'), label),
    uses.flatMap(({ node, role }) =>
      role === 'training' ? [{ start: node.start, end: node.end, newText: own, label }] : [],
    ),
    importEdits(module, imports, compose),
  );
}

/** Undoes `split` where nothing but the shared pipeline is left: the reverse, with `*transform.transforms` as its one element. */
export function unsplit(
  module: Module,
  pipeline: Pipeline,
  base: string,
): readonly TextEdit[] | undefined {
  const label = `Use ${base} again`;
  const statement = statementOf(pipeline.compose);
  const line = removeStatement(module.source, statement, label);
  if (!line) return undefined;
  const uses = pipeline.uses.map(({ node }) => ({
    start: node.start,
    end: node.end,
    newText: base,
    label,
  }));
  return [
    line,
    ...uses,
    ...removeUnused(module.source, { imports: pipelineImports }, [statement, ...uses]),
  ];
}

/** Steps that stand before another one, cut out up to where that one starts. */
export function cutBefore(
  module: Module,
  first: SyntaxNode,
  next: SyntaxNode,
  label: string,
): TextEdit | undefined {
  const text = module.source.text.slice(first.start, next.start);
  return text.includes('#')
    ? undefined
    : { start: first.start, end: next.start, newText: '', label };
}
