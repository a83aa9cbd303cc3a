/** Numbers in typed arrays that double: the index has one entry per event, and JavaScript's arrays cost several times that. */
export class GrowingArray<A extends Float64Array | Uint32Array> {
  #items: A;
  readonly #make: (length: number) => A;

  constructor(make: (length: number) => A, length = 1024) {
    this.#make = make;
    this.#items = make(length);
  }

  get(index: number): number {
    return this.#items[index] ?? 0;
  }

  set(index: number, value: number): void {
    if (index >= this.#items.length) {
      const grown = this.#make(Math.max(index + 1, this.#items.length * 2));
      grown.set(this.#items);
      this.#items = grown;
    }
    this.#items[index] = value;
  }
}
