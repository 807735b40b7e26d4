/** The thread that reads training code, from the bundles that the bench has made. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import fs from 'node:fs';

const load = (file) => import(pathToFileURL(file).href);
const { createScriptParser, trainingService } = await load(workerData.training);
const { serve } = await load(workerData.rpc);
const { threadPort } = await load(workerData.port);
const parser = createScriptParser({
  runtime: fs.readFileSync(workerData.runtime),
  grammar: async (language) =>
    fs.readFileSync(`${workerData.grammars}/tree-sitter-${language}.wasm`),
});
serve(threadPort(parentPort), trainingService(parser));
