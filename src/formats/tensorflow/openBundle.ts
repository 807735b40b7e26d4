/** Puts a tensor bundle together: values, names from its object graph or its keys, optimizers, what is missing. */
import type { ByteSource, CheckpointFiles } from '../../core/byteSource';
import type { Framework, Notice, OptimizerRecord, Skipped } from '../../core/checkpoint';
import type { Json } from '../../core/json';
import { dtypes } from '../../core/dtype';
import { FormatError } from '../../core/errors';
import { elementCountOf, type ModuleInfo, type Role, type Tensor } from '../../core/tensor';
import { parseConfig } from '../keras/configText';
import { numbersOf } from '../numbers';
import { WireReader } from '../onnx/wire';
import { bytesSource } from '../zip';
import { type Bundle, type BundleEntry, readBundle, textOf } from './bundle';
import { BundleData, missingNotice } from './bundleData';
import { namingOf } from './graphNames';
import { type LayerRecord, layerRecord, moduleOf, moduleOfName } from './modules';
import { type ObjectNode, readObjectGraph } from './objectGraph';
import { optimizerRecord } from './optimizers';
import { type OptimizerNode, type Variable, variableOfKey, variablesOf } from './variables';

const graphKey = '_CHECKPOINTABLE_OBJECT_GRAPH';
const valueSuffix = /\/\.ATTRIBUTES\//;
/** Counters of training: they are told as recorded, and stay listed. */
const counter = /(?:^|\/)(?:global_step|save_counter|_?iter|_?iterations?)$/;
/** What Keras knew of an object, in checkpoints of TensorFlow 2.0 and later. */
const configKey = /(?:^|\/)\.ATTRIBUTES\/OBJECT_CONFIG_JSON$/;

export interface BundleTensors {
  readonly tensors: readonly Tensor[];
  readonly skipped: readonly Skipped[];
  readonly optimizers: readonly OptimizerRecord[];
  readonly recorded: { readonly [key: string]: Json };
  readonly notices: readonly Notice[];
  readonly framework: Framework;
  readonly declared?: Json;
  readonly shardCount: number;
  /** In words: `object-based` or `name-based`. */
  readonly kind: string;
}

/** What is known of the objects of a graph from elsewhere. */
export interface Knowledge {
  /** Layers by the ids that the graph gives them. */
  layers?(graph: readonly ObjectNode[]): ReadonlyMap<number, LayerRecord>;
  /** What a graph of operations says of a variable, by the variable's own name. */
  module?(fullName: string, shape: readonly number[]): Meaning | undefined;
}

/** What a tensor belongs to. */
export interface Meaning {
  readonly module?: ModuleInfo;
  readonly role?: Role;
}

export interface BundleFiles {
  readonly files: CheckpointFiles;
  readonly index: ByteSource;
  /** Name of the files without `.index` and `.data-…`. */
  readonly prefix: string;
  readonly knowledge?: Knowledge;
}

export async function openBundle({
  files,
  index,
  prefix,
  knowledge,
}: BundleFiles): Promise<BundleTensors> {
  const bundle = await readBundle(index);
  const data = new BundleData(files, prefix, bundle);
  const graph = await graphOf(bundle, data);
  const { variables, optimizers } = graph ? variablesOf(graph) : { variables: [], optimizers: [] };
  const listed = complete(variables, bundle);
  const layers = new Map(knowledge?.layers?.(graph ?? []));
  const isKeras = layers.size > 0 || hasKerasNames(graph);
  const configs = await configsOf(listed, { bundle, data });
  for (const [id, record] of configs.records) if (!layers.has(id)) layers.set(id, record);
  const tensors: Tensor[] = [];
  const skipped: Skipped[] = [];
  const copies = new Map<string, string>();
  for (const variable of listed) {
    const { name } = variable;
    if (configs.read.has(variable.key)) continue;
    const entry = bundle.entries.get(variable.key);
    if (!entry) {
      skipped.push({ name, reason: 'is in the object graph, but not in the index' });
      continue;
    }
    const found = await data.find(entry);
    if (typeof found === 'string') {
      skipped.push({ name, reason: found });
      continue;
    }
    const known = knowledge?.module?.(variable.fullName.replace(/:0$/, ''), entry.shape);
    const role = variable.role ?? known?.role;
    const module =
      moduleOf(variable, layers) ?? known?.module ?? (isKeras && moduleOfName(variable));
    const copy = copyKey(variable, entry);
    const sameAs = copies.get(copy);
    if (sameAs === undefined) copies.set(copy, name);
    tensors.push({
      name,
      ...found,
      shape: entry.shape,
      ...(role && { role }),
      ...(module && { module }),
      ...(sameAs !== undefined && { sameAs }),
    });
  }
  const context = { bundle, tensors };
  if (bundle.entries.has(graphKey)) {
    const reason = graph ? 'a text: the objects that the names are from' : 'a text, not read';
    skipped.push({ name: graphKey, reason });
  }
  return {
    tensors,
    skipped,
    ...(configs.model !== undefined && { declared: configs.model }),
    optimizers: await optimizersOf(optimizers, listed, context),
    recorded: await countersOf(tensors),
    notices: noticesOf(data.missingShards, skipped),
    framework: isKeras ? 'keras' : 'tensorflow',
    shardCount: bundle.shardCount,
    kind: listed.some(({ key }) => valueSuffix.test(key)) ? 'object-based' : 'name-based',
  };
}

async function graphOf(
  { entries }: Bundle,
  data: BundleData,
): Promise<readonly ObjectNode[] | undefined> {
  const entry = entries.get(graphKey);
  const bytes = entry && (await data.text(entry));
  if (!bytes) return undefined;
  return readObjectGraph(new WireReader(bytesSource(graphKey, bytes), 'TensorFlow object graph'));
}

interface Configs {
  readonly records: ReadonlyMap<number, LayerRecord>;
  readonly read: ReadonlySet<string>;
  /** Of the root. */
  readonly model?: Json;
}

async function configsOf(
  variables: readonly Variable[],
  { bundle, data }: { bundle: Bundle; data: BundleData },
): Promise<Configs> {
  const records = new Map<number, LayerRecord>();
  const read = new Set<string>();
  let model: Json | undefined;
  for (const { key, id } of variables) {
    const entry = configKey.test(key) ? bundle.entries.get(key) : undefined;
    const bytes = entry && (await data.text(entry));
    if (id === undefined || !bytes) continue;
    const config = parseConfig(new TextDecoder().decode(bytes));
    const record = layerRecord(config);
    if (!record) continue;
    records.set(id, record);
    read.add(key);
    if (id === 0) model = config;
  }
  return { records, read, ...(model !== undefined && { model }) };
}

/** The graph's variables, then what it does not name; slices are parts of others. */
function complete(variables: readonly Variable[], { entries }: Bundle): readonly Variable[] {
  const byKey = new Map<string, Variable>();
  for (const variable of variables) if (!byKey.has(variable.key)) byKey.set(variable.key, variable);
  const rest = [...entries.keys()].filter(
    (key) => !byKey.has(key) && key !== graphKey && !key.startsWith('\0'),
  );
  const order = new Intl.Collator('en', { numeric: true });
  const named = rest
    .map((key) => (valueSuffix.test(key) ? variableOfKey(textOf(key)) : byName(key, entries)))
    .sort((a, b) => order.compare(a.name, b.name));
  return [...byKey.values(), ...named];
}

function byName(key: string, entries: ReadonlyMap<string, BundleEntry>): Variable {
  const name = textOf(key);
  const { role } = namingOf(key, (other) => entries.has(other));
  return { key, name, fullName: name, owners: [], ...(role && { role }) };
}

/** Keras exports the variables of a model twice, under two attributes: same name, same bytes. */
function copyKey({ fullName, key }: Variable, entry: BundleEntry): string {
  const { checksum, dataType, shape, size } = entry;
  if (fullName === '' || checksum === 0 || size === 0) return key;
  return [fullName, dataType, shape.join('x'), size, checksum].join('\0');
}

async function optimizersOf(
  nodes: readonly OptimizerNode[],
  variables: readonly Variable[],
  { bundle, tensors }: { bundle: Bundle; tensors: readonly Tensor[] },
): Promise<readonly OptimizerRecord[]> {
  const byKey = new Map(variables.map((variable) => [variable.key, variable]));
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const records: OptimizerRecord[] = [];
  for (const node of nodes) {
    const settings: [string, number][] = [];
    for (const { name, key } of node.settings) {
      const tensor = byName.get(byKey.get(key)?.name ?? '');
      const value = tensor && (await scalarOf(tensor));
      if (value !== undefined && !/^iter|_power$/.test(name)) settings.push([name, value]);
    }
    const fullNames = node.settings.map(({ key }) => byKey.get(key)?.fullName ?? '');
    records.push(optimizerRecord(node, settings, fullNames));
  }
  if (records.length > 0) return records;
  const has = (key: string): boolean => bundle.entries.has(key);
  const slots = variables.map(({ key }) => namingOf(key, has));
  const classes = new Set(slots.flatMap(({ optimizer }) => optimizer ?? []));
  return [...classes].map((name) => {
    const bases = slots.filter(({ optimizer }) => optimizer === name).map(({ base }) => base);
    return { name, groups: [{ hyperparameters: {}, parameterCount: new Set(bases).size }] };
  });
}

async function countersOf(tensors: readonly Tensor[]): Promise<{ [key: string]: Json }> {
  const recorded: [string, Json][] = [];
  for (const tensor of tensors) {
    if (!counter.test(tensor.name)) continue;
    const value = await scalarOf(tensor);
    if (value !== undefined) recorded.push([tensor.name.replace(/\/_(?=\w+$)/, '/'), value]);
  }
  return Object.fromEntries(recorded);
}

/** A finite scalar, with the digits that its type has: 0.001 as f32 is 0.0010000000475. */
async function scalarOf({ shape, dtype, data }: Tensor): Promise<number | undefined> {
  if (elementCountOf(shape) !== 1) return undefined;
  const bytes = await data.read(0, 1).catch((error: unknown) => {
    // A scalar that is damaged is told of when it is measured; the others are still shown.
    if (!(error instanceof FormatError)) throw error;
    return undefined;
  });
  const [value] = bytes ? numbersOf(dtype, bytes) : [];
  if (value === undefined || !Number.isFinite(value)) return undefined;
  const isShort = dtypes[dtype].kind === 'float' && dtype !== 'f64';
  return isShort ? Number(value.toPrecision(7)) : value;
}

function noticesOf(missing: readonly string[], skipped: readonly Skipped[]): Notice[] {
  if (missing.length === 0) return [];
  const lost = skipped.filter(({ reason }) => missing.some((name) => reason.includes(name)));
  return [{ severity: 'problem', message: missingNotice(missing, lost.length) }];
}

/** Keras keeps its layers under names of its own. */
function hasKerasNames(graph: readonly ObjectNode[] | undefined): boolean {
  const names = /^(?:keras_api|_operations|_functional|layer_with_weights-0|_all_variables)$/;
  return graph?.some(({ children }) => children.some(({ name }) => names.test(name))) ?? false;
}
