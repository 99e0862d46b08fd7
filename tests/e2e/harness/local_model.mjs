// A local model for tests: a file that passes for one, and the plans and deeds of the llama-server that stands in.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { eventually } from './eventually.mjs';
import { temporaryFolder } from './server.mjs';

export const STAND_IN = fileURLToPath(new URL('llama_server.mjs', import.meta.url));

/** "R", "S", "Z"… and the process group of a process; null where there is none. */
export function processOf(pid) {
  try {
    const [state, , group] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return { state, group: Number(group) };
  } catch {
    return null;
  }
}

/** A zombie has ended, too: whoever got it has yet to look. */
export const isRunning = (pid) => !['Z', undefined].includes(processOf(pid)?.state);

export class LocalModel {
  folder = temporaryFolder();
  file = path.join(this.folder, 'tiny.gguf');

  /** `plans`: what each start does: {says, exitsWith, crashesLoading, loadsUntilTold, ignoresTerm}. */
  constructor(...plans) {
    writeFileSync(this.file, 'GGUF, or so it says');
    writeFileSync(path.join(this.folder, 'plan.json'), JSON.stringify(plans.length > 0 ? plans : [{}]));
  }

  /** What a server is started with to have this model. */
  options(settings = {}, environment = {}) {
    return {
      settings: { engine: undefined, 'local-model': this.file, 'llama-server-path': STAND_IN, ...settings },
      environment: { LLAMA_STAND_IN: this.folder, ...environment },
    };
  }

  #records(name) {
    const file = path.join(this.folder, name);
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  /** Each start so far: {pid, at, args, port}. */
  get starts() {
    return this.#records('starts.jsonl');
  }

  /** The bodies of the completions that were asked for. */
  get requests() {
    return this.#records('requests.jsonl');
  }

  started(count = 1) {
    return eventually(`start ${count} of llama-server`, () => this.starts.length >= count && this.starts[count - 1]);
  }

  asked() {
    return eventually('llama-server being asked', () => this.requests.length > 0);
  }

  /** "loaded" or "go on". */
  tell(what) {
    writeFileSync(path.join(this.folder, what), '');
  }

  /** Whether it was ended by SIGTERM and took leave properly. */
  get wasTerminated() {
    return existsSync(path.join(this.folder, 'terminated'));
  }
}
