// A reply of the scripted upstream that the test lets out bit by bit.

import { eventually } from './eventually.mjs';

export class SteppedReply {
  #response;
  #closed = false;
  asked;

  /** For Upstream's script(), on() and otherwise. */
  cue = (asked, response) => {
    this.asked = asked;
    this.#response = response;
    response.on('close', () => (this.#closed = true));
  };

  arrived() {
    return eventually('the engine being asked', () => this.#response);
  }

  /** Sends the head. */
  async open() {
    await this.arrived();
    this.#response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    this.#response.flushHeaders();
  }

  /** Bytes as they are, or events of a recording; resolves once they are on their way. */
  send(...pieces) {
    const bytes = Buffer.concat(pieces.map((piece) => Buffer.from(piece.bytes ?? piece)));
    return new Promise((resolve) => this.#response.write(bytes, resolve));
  }

  end() {
    this.#response.end();
  }

  cut() {
    this.#response.socket.destroy();
  }

  /** Whether the server under test closed its connection while the reply was not at its end. */
  get cancelled() {
    return this.#closed && !this.#response.writableEnded;
  }

  whenCancelled(time_ms) {
    return eventually('the engine being told to stop', () => this.cancelled, time_ms);
  }
}
