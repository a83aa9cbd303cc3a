const atTheEnd: (() => Promise<void> | void)[] = [];

/** Has this done when the present scene has ended, however it did; in real time. The last one comes first. */
export function afterScene(clean: () => Promise<void> | void): void {
  atTheEnd.push(clean);
}

/** For whoever plays scenes: cleans up after one. Rejects with the first error, when all has been done. */
export async function endScene(): Promise<void> {
  const errors: unknown[] = [];
  for (let clean = atTheEnd.pop(); clean; clean = atTheEnd.pop()) {
    try {
      await clean();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
