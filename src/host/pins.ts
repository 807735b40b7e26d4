import { EventEmitter, Uri, type Memento } from 'vscode';

const key = 'reglens.pins';

/** Which checkpoint belongs to which script, where the user has said so. Kept with the workspace. */
export class Pins {
  private readonly changeEmitter = new EventEmitter<void>();
  readonly onDidChange = this.changeEmitter.event;

  constructor(private readonly state: Memento) {}

  /** The checkpoint that is pinned to a script. */
  checkpointOf(script: Uri): Uri | undefined {
    const pinned = this.all[script.toString()];
    return pinned === undefined ? undefined : Uri.parse(pinned);
  }

  /** The scripts that a checkpoint is pinned to. */
  scriptsOf(checkpoint: Uri): readonly Uri[] {
    const wanted = checkpoint.toString();
    return Object.entries(this.all).flatMap(([script, pinned]) =>
      pinned === wanted ? [Uri.parse(script)] : [],
    );
  }

  /** @param checkpoint undefined takes the pin away */
  async set(script: Uri, checkpoint: Uri | undefined): Promise<void> {
    const others = Object.entries(this.all).filter(([pinned]) => pinned !== script.toString());
    const added = checkpoint ? [[script.toString(), checkpoint.toString()] as const] : [];
    await this.state.update(key, Object.fromEntries([...others, ...added]));
    this.changeEmitter.fire();
  }

  dispose(): void {
    this.changeEmitter.dispose();
  }

  private get all(): Readonly<Record<string, string>> {
    const kept: unknown = this.state.get(key);
    if (typeof kept !== 'object' || kept === null) return {};
    return Object.fromEntries(
      Object.entries(kept).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    );
  }
}
