/**
 * The file that a deployment serves so that it can be imported as a test: two seconds of a 440 Hz tone as WAV,
 * 16 bit mono at 8 kHz. Pure, so that the reader of the import can compute the expected digest.
 */

const SAMPLE_RATE = 8_000;
const SECONDS = 2;
const HEADER_BYTES = 44;

/** The bytes of the file, about 32 KB. */
export function sampleWav(): Uint8Array<ArrayBuffer> {
  const samples = SAMPLE_RATE * SECONDS;
  const bytes = new Uint8Array(HEADER_BYTES + samples * 2);
  const view = new DataView(bytes.buffer);
  writeHeader(view, samples * 2);
  for (let index = 0; index < samples; index++) {
    const value = Math.round(Math.sin((2 * Math.PI * 440 * index) / SAMPLE_RATE) * 8_000);
    view.setInt16(HEADER_BYTES + index * 2, value, true);
  }
  return bytes;
}

function writeHeader(view: DataView, dataBytes: number): void {
  const text = (offset: number, value: string) =>
    Array.from(value).forEach((letter, index) => view.setUint8(offset + index, letter.charCodeAt(0)));
  text(0, 'RIFF');
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  // PCM, one channel.
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, SAMPLE_RATE, true);
  view.setUint32(28, SAMPLE_RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, 'data');
  view.setUint32(40, dataBytes, true);
}
