/**
 * A thread that cannot be asked, because it is in the middle of code that nothing interrupts, is told from one that works by a
 * counter in shared memory: it goes up every second while the thread answers messages, and at every look at the stop flag while it
 * computes. Parsers in C (HDF5) can be made to loop by a damaged file; then it stands still.
 */

/** Nothing that a thread does by itself takes nearly so long between two looks at the stop flag. */
export const silentSeconds = 60;

/** TensorFlow computes all eigenvalues of a layer in one call, which looks at nothing and may take long for a very large one. */
const nativeSilentSeconds = 3600;

/** How long a thread may be silent that computes with these settings. */
export function patienceWith(settings: {
  readonly backend: string;
  readonly tensorflowPath: string;
}): number {
  const mayUseTensorFlow = settings.backend === 'tensorflow' || settings.tensorflowPath !== '';
  return mayUseTensorFlow ? nativeSilentSeconds : silentSeconds;
}

/** Adds one. */
export type Beat = () => void;

/** The counter that both ends share. */
export function newHeartbeat(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** In the thread: counts from now on, once a second and whenever `beat` is called. */
export function startBeating(counter: Int32Array): { readonly beat: Beat; stop: () => void } {
  const beat = (): void => {
    Atomics.add(counter, 0, 1);
  };
  beat();
  const timer = setInterval(beat, 1000);
  timer.unref();
  return { beat, stop: () => clearInterval(timer) };
}

/**
 * In the parent: calls once when the counter stood still for so many seconds, by the parent's own clock: seconds in which the whole
 * process stood still do not count. Returns a function that stops looking.
 */
export function watchHeartbeat(
  counter: Int32Array,
  onSilent: () => void,
  limitSeconds = silentSeconds,
): () => void {
  let last = Atomics.load(counter, 0);
  let silent = 0;
  const timer = setInterval(() => {
    const now = Atomics.load(counter, 0);
    silent = now === last ? silent + 1 : 0;
    last = now;
    if (silent < limitSeconds) return;
    clearInterval(timer);
    onSilent();
  }, 1000);
  timer.unref();
  return () => clearInterval(timer);
}

/** What is said of a thread that was ended so. */
export function silenceText(thread: string, limitSeconds = silentSeconds): string {
  return `${thread} did not answer for ${limitSeconds} s and was ended: the file is probably damaged`;
}
