/**
 * Stable-Baselines3 saves a ZIP archive of torch files and a JSON of the run:
 *
 *     policy.pth             state dict of the policy, a PyTorch zip inside the zip
 *     policy.optimizer.pth   state of its optimizer
 *     data                   JSON: plain settings, and pickles in base64, which are not looked at
 *
 * @see https://stable-baselines3.readthedocs.io/en/master/guide/save_format.html
 */
import type { Checkpoint, Notice } from '../../core/checkpoint';
import { FormatError } from '../../core/errors';
import type { Format } from '../../core/format';
import { isJsonObject, type Json } from '../../core/json';
import { openZip, type ZipArchive } from '../zip';
import { openTorch } from './openTorch';

const title = 'Stable-Baselines3 zip';
const maxInflatedBytes = 2 ** 30;
const maxDataBytes = 16 * 2 ** 20;

export const stableBaselines: Format = {
  id: 'stable-baselines3',
  title,
  matches: async (probe) => {
    const listing = await probe.zip();
    return listing?.has('policy.pth') === true && listing.has('data');
  },
  async open({ main }) {
    const zip = await openZip(main, title);
    const policy = await openInner(zip, 'policy.pth');
    const notices: Notice[] = [...policy.notices];
    const optimizer = await openOptimizer(zip, notices);
    return {
      ...policy,
      format: 'stable-baselines3',
      description: `${title}, policy`,
      files: [{ name: main.name, byteLength: main.size }],
      tensors: [...policy.tensors, ...(optimizer?.tensors ?? [])],
      skipped: [...policy.skipped, ...(optimizer?.skipped ?? [])],
      optimizers: optimizer?.optimizers ?? [],
      recorded: { ...policy.recorded, ...(await readSettings(zip)) },
      notices,
    };
  },
};

async function openInner(zip: ZipArchive, name: string): Promise<Checkpoint> {
  const entry = zip.entry(name);
  if (!entry) throw new FormatError(title, `has no entry "${name}"`);
  return openTorch(await zip.open(entry, maxInflatedBytes));
}

/** The policy is worth showing without its optimizer. */
async function openOptimizer(zip: ZipArchive, notices: Notice[]): Promise<Checkpoint | undefined> {
  if (!zip.has('policy.optimizer.pth')) return undefined;
  try {
    const optimizer = await openInner(zip, 'policy.optimizer.pth');
    notices.push(...optimizer.notices);
    return optimizer;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    notices.push({ severity: 'warn', message: `policy.optimizer.pth: ${error.message}` });
    return undefined;
  }
}

/** Numbers, texts and switches of the run; pickled values stand as their class. */
async function readSettings(zip: ZipArchive): Promise<{ [key: string]: Json }> {
  const entry = zip.entry('data');
  if (!entry) return {};
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder().decode(await zip.bytes(entry, maxDataBytes)));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof FormatError) return {};
    throw error;
  }
  if (!isJsonObject(data)) return {};
  const settings = Object.entries(data).map(([key, value]): [string, Json] => {
    if (isJsonObject(value) && ':serialized:' in value) {
      return [key, { class: value[':type:'] ?? 'unknown' }];
    }
    return [key, value];
  });
  return Object.fromEntries(settings);
}
