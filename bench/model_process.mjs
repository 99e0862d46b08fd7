// model.mjs, started and stopped.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { start } from '../tests/e2e/harness/children.mjs';
import { eventually } from '../tests/e2e/harness/eventually.mjs';

const PROGRAM = path.join(path.dirname(fileURLToPath(import.meta.url)), 'model.mjs');

export class ModelProcess {
  static async start() {
    const model = new ModelProcess();
    model.child = start(process.execPath, [PROGRAM]);
    const port = await eventually('the model server', () => {
      if (model.child.exitCode !== null) throw new Error(`the model server ended: ${model.child.stderrText}`);
      return Number(model.child.stdoutText);
    });
    model.address = { host: '127.0.0.1', port };
    model.url = `http://127.0.0.1:${port}`;
    return model;
  }

  async stop() {
    this.child.kill('SIGKILL'); // it keeps nothing
    await this.child.ended;
  }
}
