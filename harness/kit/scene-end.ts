const atTheEnd: (() => Promise<void> | void)[] = [];

/** Has this done when the present scene has ended, however it did; in real time. The last one comes first. */
export function afterScene(clean: () => Promise<void> | void): void {
  atTheEnd.push(clean);
}

/** For whoever plays scenes: cleans up after one. */
export async function endScene(): Promise<void> {
  for (let clean = atTheEnd.pop(); clean; clean = atTheEnd.pop()) await clean();
}
