import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { FormatError } from '../core/errors';
import { chooseInFolder } from '../core/folderChoice';
import { huggingFace, isRemote, remoteUrl } from '../core/address';
import { localFolder } from '../io/localFolder';
import type { Location } from '../protocol/workerApi';
import { UsageError } from './usage';

/** Candidates told in a message. */
const maxListed = 20;

/** What an argument names: a file, the one that stands for a folder, or a file on a web server. */
export async function locationOf(
  argument: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Location> {
  if (isRemote(argument)) return remoteLocation(argument, environment);
  const isFolder = (await stat(argument)).isDirectory();
  return { kind: 'path', path: isFolder ? await fileFor(argument) : argument };
}

function remoteLocation(
  argument: string,
  environment: Readonly<Record<string, string | undefined>>,
): Location {
  const { HF_ENDPOINT: endpoint, HF_TOKEN: hubToken, REGLENS_TOKEN: ownToken } = environment;
  const url = remoteUrl(argument, endpoint || huggingFace);
  const hub = URL.canParse(endpoint ?? '')
    ? new URL(endpoint ?? '').host
    : new URL(huggingFace).host;
  const tokens: Record<string, string> = {};
  if (ownToken) tokens[url.host] = ownToken;
  if (hubToken) tokens[hub] = hubToken;
  return { kind: 'url', url: url.href, tokens };
}

async function fileFor(folder: string): Promise<string> {
  const { candidates } = await chooseInFolder(localFolder(folder));
  const [first, ...rest] = candidates;
  if (!first) {
    throw new FormatError(folder, 'is a folder without a checkpoint', {
      remedy: 'Name the file of the checkpoint itself',
    });
  }
  if (rest.length === 0) return join(folder, first.path);
  const listed = candidates.slice(0, maxListed).map(({ path }) => `  ${join(folder, path)}`);
  const more = candidates.length - listed.length;
  if (more > 0) listed.push(`  and ${more} more`);
  throw new UsageError(
    `${folder} has ${candidates.length} checkpoints, name one:\n${listed.join('\n')}`,
  );
}
