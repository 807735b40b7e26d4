import fs from 'node:fs';
import path from 'node:path';

/** Logs of extension hosts, one per window that was opened: `logs/<time>/exthost<n>/remoteexthost.log`. */
export function hostLogs(userData: string): string[] {
  const logs = path.join(userData, 'logs');
  return filesBelow(logs).filter((file) => path.basename(file) === 'remoteexthost.log');
}

/**
 * The text of an extension's log channels over all windows, for messages of failed tests.
 */
export function extensionLog(userData: string, extensionId: string): string {
  return filesBelow(path.join(userData, 'logs'))
    .filter((file) => file.split(path.sep).includes(extensionId))
    .map((file) => fs.readFileSync(file, 'utf8'))
    .join('\n');
}

/** Waits until an extension host that is not among the known ones has activated its eager extensions. */
export async function newHostReady(userData: string, known: readonly string[]): Promise<void> {
  const deadline = Date.now() + 60_000;
  const isReady = (file: string): boolean =>
    !known.includes(file) && fs.readFileSync(file, 'utf8').includes('Eager extensions activated');
  while (!hostLogs(userData).some(isReady)) {
    if (Date.now() > deadline) throw new Error('The extension host did not start within 60 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function filesBelow(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
