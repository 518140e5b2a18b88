/** `npm run chaos`: runs imports while parts of the system are killed, and checks that nothing is lost, doubled or left. */
import { runNode } from './lib/run-node.ts';

process.exitCode = await runNode('test/chaos/chaos.ts', process.argv.slice(2));
