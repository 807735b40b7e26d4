/** The command was called wrongly; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `RegLens reads what regularization left in the weights of saved models.

  reglens inspect FILE… [options]
  reglens check FILE… [options]
  reglens compare A B [options]
  reglens series FOLDER|FILE… [options]
  reglens manifest FILE        a checkpoint as text, for a diff of two
  reglens techniques SCRIPT [--json]   what training code has, and what could be added where
  reglens add TECHNIQUE SCRIPT         the edit that adds it, as a patch
  reglens lint SCRIPT…         what is often got wrong in training code
  reglens metrics [--json]     what every number means
  reglens findings [--json]    what every rule looks for

  FILE may be a folder with a checkpoint, https://… or hf://organization/name[@revision]/file:
  tokens from HF_TOKEN (the hub) and REGLENS_TOKEN (the host named), a mirror from HF_ENDPOINT

  --json             the whole report (an array of reports for several files)
  --markdown         a table for a pull request
  --csv              one line a layer, one column a metric
  --layers GLOB      only layers whose name matches: "features.*"
  --metrics IDS      only these metrics, separated by commas: zero.frac,OI_row
  --output FILE      write there instead of to the terminal
  --budget SECONDS   computing time for Gram matrices and spectra (default 600)
  --threads N        threads that measure (default: one a core, up to 4)
  --backend NAME     auto, wasm, tensorflow or typescript (default auto)
  --tensorflow DIR   where @tensorflow/tfjs-node is installed
  --help, --version

  check: --output, --budget, --threads, --backend as above
  --fail-on WHAT     exit 1 from this severity on (info, note, warn, problem), or on these
                     rules, separated by commas: warn,B1 (default problem; none: never)
  --format NAME      text (default), json, sarif, junit or github (annotations)
  --baseline FILE    findings in it do not fail
  --write-baseline FILE  write what is found now, and exit 0
  --threshold NAME=VALUE,…  limits of rules, by the names of docs/findings.md

  compare: table, --json or --markdown; --layers, --output, --budget, --threads as above
  --sort WHAT        the largest first: relative (default), frobenius, cosine, largest,
                     changed, rank, or the id of a metric
  --fail-on-change X exit 1 when a layer's ‖ΔW‖/‖W‖ exceeds X

  series: the layers over the checkpoints of one run, in the order that their names say;
  --json, --csv, --markdown, --layers, --metrics, --output, --budget, --threads as above

  add: l1 l2 orthogonality dropout batch-norm augmentation dropconnect fractional-pooling
       stochastic-depth cutout mixup, or spectral-norm label-smoothing gradient-clipping max-norm
  --layer NAME, --line N, --variant ID   where and how (default: the best place)
  --strength X       another number than the default; changes it where the technique is there
  --remove           takes it out again
  --write            changes the file (default: --diff, the patch only)

  lint: --format text (default), json, sarif or github; --fix; --ignore ID,…

  Exit codes: 0 fine, 1 a file could not be read or a check failed, 2 bad usage
`;
