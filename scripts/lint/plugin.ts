/** An oxlint plugin with one rule: a file imports what docs/architecture.md lists for its room, and nothing else. */
import { join, relative, sep } from 'node:path';
import { importTarget, mayImport, readArchitecture, roomOf } from './rooms.ts';

const ROOT = join(import.meta.dirname, '../..');
const architecture = readArchitecture(join(ROOT, 'docs/architecture.md'));

/** The part of oxlint's plugin API that the rule uses. It equals ESLint's; oxlint exports no types for it. */
interface Context {
  filename: string;
  report(finding: { node: unknown; message: string }): void;
}
interface ModuleNode {
  source?: { value?: unknown } | null;
}

const allowedImports = {
  create(context: Context) {
    const file = relative(ROOT, context.filename).replaceAll(sep, '/');
    const room = roomOf(architecture, file);
    if (!room) {
      const message = `${file} is in no room of docs/architecture.md: add a row for its folder.`;
      return { Program: (node: unknown) => context.report({ node, message }) };
    }
    const check = ({ source }: ModuleNode) => {
      if (typeof source?.value !== 'string') return;
      const target = importTarget(architecture, file, source.value);
      if (mayImport(architecture, room, target)) return;
      const message = `${room.name} may not import ${target}: docs/architecture.md does not list it.`;
      context.report({ node: source, message });
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};

export default { meta: { name: 'architecture' }, rules: { 'allowed-imports': allowedImports } };
