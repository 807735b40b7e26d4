/** A program that answers: one line of JSON a question, one a reply. It is started once, so that its imports are not timed. */
import readline from 'node:readline';

import { start, stop } from '../../scripts/lib/processes.mjs';

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
export function startTalker(command, args) {
  const child = start(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const waiting = [];
  let complaint = '';
  let isOver = false;
  const end = (reason) => {
    isOver = true;
    for (const { reject } of waiting.splice(0)) reject(new Error(reason));
  };
  child.stderr.on('data', (chunk) => (complaint = (complaint + chunk).slice(-2_000)));
  // A pipe whose reader is gone; the exit below says why.
  child.stdin.on('error', () => {});
  child.once('error', (error) => end(error.message));
  child.once('close', () => end(lastLine(complaint) || `${command} ended`));
  readline.createInterface({ input: child.stdout }).on('line', (line) => {
    const { resolve, reject } = waiting.shift() ?? {};
    let reply;
    try {
      reply = JSON.parse(line);
    } catch {
      reply = { error: `not JSON: ${line.slice(0, 200)}` };
    }
    if (reply.error === undefined) resolve?.(reply);
    else reject?.(new Error(reply.error));
  });
  return {
    /** @param {unknown} question */
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (isOver) {
          reject(new Error(lastLine(complaint) || `${command} ended`));
          return;
        }
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(question)}\n`);
      }),
    stop: () => stop(child),
  };
}

const lastLine = (text) => text.trim().split('\n').at(-1) ?? '';
