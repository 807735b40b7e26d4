import { readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort } from 'node:worker_threads';

import { serve } from '../protocol/rpc';
import { threadPort } from '../protocol/threadPort';
import { createScriptParser, trainingService, type TrainingApi } from '../training';

/** Entry of the thread that reads training code: joins the port to the service, no more. */
const parent = parentPort;
if (!parent) throw new Error('The reader of training code runs in a worker thread');

const parser = createScriptParser({
  runtime: readFileSync(join(__dirname, 'web-tree-sitter.wasm')),
  grammar: (language) => readFile(join(__dirname, `tree-sitter-${language}.wasm`)),
});
serve<TrainingApi>(threadPort(parent), trainingService(parser));
