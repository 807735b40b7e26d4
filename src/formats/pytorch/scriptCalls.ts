/**
 * What a TorchScript program calls, read from the Python-like text in `code/`: nothing is run.
 *
 *     traced      return torch.dropout(_0, 0.5, False)            rate and train flag are literals
 *     scripted    _0 = __torch__.torch.nn.functional.dropout2d    an alias, then
 *                 return _0(input, 0.25, training, False, )       rate literal, flag as the module is set
 *
 * @see https://github.com/pytorch/pytorch/blob/main/torch/csrc/jit/docs/serialization.md
 */
import { FormatError } from '../../core/errors';
import type { Json, JsonObject } from '../../core/json';
import type { ZipArchive } from '../zip';

/** A model of a thousand layers has a few hundred classes, of some kilobytes each. */
const maxFiles = 4000;
const maxFileBytes = 8 * 2 ** 20;
const maxAllBytes = 32 * 2 ** 20;
const maxCalls = 1000;
const maxLine = 10_000;

export interface ScriptCalls {
  /** How often each function of torch is called: `torch.conv2d`. */
  readonly operations: { readonly [name: string]: number };
  /** Calls that regularize and own no weights, as modules: name of the class and function, rate, train flag. */
  readonly modules: readonly Json[];
}

export async function readScriptCalls(zip: ZipArchive, prefix: string): Promise<ScriptCalls> {
  const reader = new CallReader();
  let left = maxAllBytes;
  // Definitions of torch itself: they name every function, whether it is called or not.
  const names = zip.names.filter(
    (name) =>
      name.startsWith(`${prefix}code/`) &&
      name.endsWith('.py') &&
      !/\/torch(vision\/ops\/stochastic_depth|\/nn\/functional)\.py$/.test(name),
  );
  for (const name of names.slice(0, maxFiles)) {
    const entry = zip.entry(name);
    if (!entry || entry.size > Math.min(maxFileBytes, left)) continue;
    left -= entry.size;
    try {
      reader.read(new TextDecoder().decode(await zip.bytes(entry, maxFileBytes)));
    } catch (error) {
      // A damaged text hides its calls; the weights are still worth showing.
      if (!(error instanceof FormatError)) throw error;
    }
  }
  return { operations: Object.fromEntries(reader.operations), modules: reader.modules };
}

const dropout = /^(?:feature_|alpha_|feature_alpha_)?dropout[123]?d?_?$/;
const fractional = /^_?(fractional_max_pool[23]d)(?:_with_indices)?$/;

class CallReader {
  readonly operations = new Map<string, number>();
  readonly modules: Json[] = [];
  private readonly aliases = new Map<string, string>();
  private owner = '';
  private method = '';

  read(text: string): void {
    this.owner = '';
    this.method = '';
    for (const line of text.split('\n')) if (line.length <= maxLine) this.readLine(line);
  }

  private readLine(line: string): void {
    const scope = /^\s*(class|def) (\w+)/.exec(line);
    if (scope) {
      if (scope[1] === 'class') this.owner = scope[2] ?? '';
      else this.method = scope[2] ?? '';
      if (scope[1] === 'def') this.aliases.clear();
      return;
    }
    const alias =
      /^\s*(\w+) = __torch__\.torch(?:\.nn\.functional|vision\.ops\.stochastic_depth)\.(\w+)$/.exec(
        line,
      );
    if (alias) {
      this.aliases.set(alias[1] ?? '', alias[2] ?? '');
      return;
    }
    for (const call of line.matchAll(/(?<![\w.])(torch\.)?(\w+)\(([^()]*)/g)) {
      const [, module, name = '', inside = ''] = call;
      const called = module === undefined ? this.aliases.get(name) : name;
      if (called === undefined) continue;
      if (module !== undefined) {
        this.operations.set(`torch.${name}`, (this.operations.get(`torch.${name}`) ?? 0) + 1);
      }
      this.add(called, inside);
    }
  }

  private add(called: string, inside: string): void {
    if (this.modules.length >= maxCalls) return;
    const args = inside.split(',').map((arg) => arg.trim());
    const name = [this.owner, this.method].filter((part) => part !== '').join('.');
    if (dropout.test(called)) {
      this.push(name, `torch.${called}`, { p: numberOf(args[1]), ...flagOf(args[2]) });
    } else if (called === 'stochastic_depth') {
      this.push(name, 'torchvision.stochastic_depth', { p: numberOf(args[1]), ...flagOf(args[3]) });
    } else {
      const pooling = fractional.exec(called)?.[1];
      if (pooling !== undefined) this.push(name, `torch.${pooling}`, {});
    }
  }

  private push(name: string, type: string, config: JsonObject): void {
    this.modules.push({ name, type, config });
  }
}

/** Null where it is a variable. */
function numberOf(text: string | undefined): number | null {
  const number = text === undefined || text === '' ? NaN : Number(text);
  return Number.isFinite(number) ? number : null;
}

/** The flag is a literal in a traced program; a scripted one reads it from the module. */
function flagOf(text: string | undefined): { readonly training?: boolean } {
  if (text === 'True') return { training: true };
  return text === 'False' ? { training: false } : {};
}
