import { randomBytes } from 'node:crypto';
import { listenForLeashes } from '../kernel/shared-server/leash.ts';
import { releaseLock, takeLock } from '../kernel/shared-server/owner-lock.ts';

/** Something that is served while somebody holds it. */
export interface Service {
  port: number;
  stop: () => Promise<void>;
  /** Resolves when it has ended by itself. */
  ended: Promise<void>;
}

/** `number` is larger for each owner of the folder; whoever shows the token is one of ours. */
export type StartService = (folder: string, owner: { number: number; token: string }) => Promise<Service>;

const PATIENCE_MS = 5_000;
/** A learner saves again, the next suite begins: starting anew would cost each of them. */
const LINGER_MS = 20_000;

/**
 * Serves to all who hold a leash, until the last has been gone for a while. `previous` is the number of the folder's
 * newest lock, whose owner is gone (0: there was none). Undefined: another process serves the folder.
 */
export async function serveFolder(
  folder: string,
  previous: number,
  start: StartService,
  onStopped: () => void,
): Promise<Service | undefined> {
  const token = randomBytes(16).toString('hex');
  const linger = Number(process.env['KATA_LAB_LINGER_MS'] ?? LINGER_MS);
  let stop: () => Promise<void> = async () => {};
  const leashes = await listenForLeashes(token, { patience: PATIENCE_MS, linger }, () => {
    void stop();
    return true;
  });
  const lock = takeLock(folder, previous, { port: leashes.port, token });
  if (lock === undefined) {
    leashes.close();
    return undefined;
  }
  const giveUp = () => {
    releaseLock(folder, lock);
    leashes.close();
  };
  let service: Service;
  try {
    service = await start(folder, { number: lock.number, token });
  } catch (error) {
    giveUp();
    throw error;
  }
  let stopping: Promise<void> | undefined;
  stop = () => {
    stopping ??= (async () => {
      giveUp();
      await service.stop();
      onStopped();
    })();
    return stopping;
  };
  void service.ended.then(stop);
  leashes.open(service.port);
  return { ...service, stop };
}
