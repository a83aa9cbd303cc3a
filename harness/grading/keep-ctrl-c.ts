/** Vitest ends the process on Ctrl-C by a listener of its own; ours is to decide, so that one line is said. */
export async function keepingCtrlC<T>(open: () => Promise<T>): Promise<T> {
  const ours = new Set(process.listeners('SIGINT'));
  const opened = await open();
  for (const listener of process.listeners('SIGINT')) if (!ours.has(listener)) process.off('SIGINT', listener);
  return opened;
}
