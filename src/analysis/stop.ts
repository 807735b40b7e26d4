/** Thrown by a step that was asked to stop; nothing is lost, the step is simply not done. */
export class Stopped extends Error {
  override readonly name = 'Stopped';

  constructor() {
    super('Stopped');
  }
}

/** Asked between chunks and panels, also in the middle of long synchronous work. */
export type IsStopped = () => boolean;

export function throwIfStopped(isStopped: IsStopped): void {
  if (isStopped()) throw new Stopped();
}
