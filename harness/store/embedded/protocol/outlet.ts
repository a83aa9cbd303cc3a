import type { ServerWritableStream } from '@grpc/grpc-js';

/** A call's outgoing messages, at the pace of their reader. */
export class Outlet<Request> {
  closed = false;
  readonly #call: ServerWritableStream<Request, Buffer>;
  #resume: () => void = () => {};
  /** Kept when the call is over. */
  readonly over: Promise<void>;

  constructor(call: ServerWritableStream<Request, Buffer>) {
    this.#call = call;
    call.on('drain', () => this.#resume());
    this.over = new Promise((resolve) => {
      const close = () => {
        this.closed = true;
        this.#resume();
        resolve();
      };
      call.on('cancelled', close);
      call.on('close', close);
      call.on('error', close);
    });
  }

  /** False: wait for {@link drained} before the next one. */
  send(message: Buffer): boolean {
    return this.closed || this.#call.write(message);
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.closed) return resolve();
      this.#resume = resolve;
    });
  }
}
