/** What wraps a model adds in front of its names: data parallelism, compilation, averaging, a checkpoint's own key. */
const wrappers =
  /^(?:module|model|_orig_mod|_forward_module|ema|ema_model|model_ema|averaged_model|state_dict|model_state_dict|params|variables|model_weights)\./;

/** What wraps a module in the middle of a name. */
const innerWrappers = /\.(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)(?=\.)/g;

/** Parameters that are a module's weight in one framework or another. */
const weightParameters = /(^|\.)(?:kernel|embeddings?|gamma|scale|w)$/;

/** Names are text of the file: what is longer than this is compared as it is. */
const maxNameLength = 1024;

/** A weight's name without wrappers, with dots between its parts and `weight` for whatever its framework calls that. */
export function normalisedName(name: string): string {
  if (name.length > maxNameLength) return name;
  let rest = name.replace(/:\d+$/, '').replaceAll('/', '.').replace(innerWrappers, '');
  while (wrappers.test(rest)) rest = rest.replace(wrappers, '');
  return rest
    .replace(/\.parametrizations\.([^.]+)\.original$/, '.$1')
    .replace(weightParameters, '$1weight');
}
