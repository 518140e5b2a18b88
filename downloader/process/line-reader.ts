/** Splits text that arrives in pieces into lines. Pure. */

export interface LineReader {
  push(text: string): void;
  /** Passes on what follows the last line break. */
  end(): void;
}

/** Calls `onLine` for every line, without its break. Throws when a line is longer than `maxCharacters`. */
export function createLineReader(maxCharacters: number, onLine: (line: string) => void): LineReader {
  let pieces: string[] = [];
  let characters = 0;
  const flush = (): void => {
    const line = pieces.join('');
    pieces = [];
    characters = 0;
    onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
  };
  const keep = (piece: string): void => {
    characters += piece.length;
    if (characters > maxCharacters) throw new Error(`a line is longer than ${maxCharacters} characters`);
    pieces.push(piece);
  };
  return {
    push(text) {
      const parts = text.split('\n');
      for (const [index, part] of parts.entries()) {
        if (index > 0) flush();
        keep(part);
      }
    },
    end() {
      if (characters > 0) flush();
    },
  };
}
