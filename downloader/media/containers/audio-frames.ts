/** Headers of MPEG audio frames (ISO/IEC 11172-3, 13818-3) and of ADTS (13818-7). Pure. */

export interface Frame {
  bytes: number;
  samples: number;
  sampleRate: number;
  layer: number;
  /** Bits per second from the header; 0 when the header has none. */
  bitRate: number;
}

const V1_RATES = [44_100, 48_000, 32_000];
/** kbit/s by version and layer; index 0 (free) and 15 are not used. */
const BIT_RATES: Readonly<Record<string, readonly number[]>> = {
  '1/1': [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  '1/2': [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  '1/3': [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  '2/1': [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  '2/2': [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  '2/3': [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};

/** The MPEG audio frame at an offset, or null. Free-format frames are not supported. */
export function mpegFrame(bytes: Uint8Array, at: number): Frame | null {
  const [b0 = 0, b1 = 0, b2 = 0] = bytes.subarray(at, at + 4);
  if (bytes.length < at + 4 || b0 !== 0xff || (b1 & 0xe0) !== 0xe0) return null;
  const versionBits = (b1 >> 3) & 3;
  const layer = 4 - ((b1 >> 1) & 3);
  const rate = V1_RATES[(b2 >> 2) & 3];
  if (versionBits === 1 || layer === 4 || rate === undefined) return null;
  const version = versionBits === 3 ? 1 : 2;
  const bitRate = (BIT_RATES[`${version}/${layer}`]?.[b2 >> 4] ?? 0) * 1000;
  if (!bitRate) return null;
  const sampleRate = rate / (versionBits === 3 ? 1 : versionBits === 2 ? 2 : 4);
  const padding = (b2 >> 1) & 1;
  const samples = layer === 1 ? 384 : layer === 3 && version === 2 ? 576 : 1152;
  const slot = layer === 1 ? 4 : 1;
  const frameBytes = (Math.floor(((samples / 8 / slot) * bitRate) / sampleRate) + padding) * slot;
  return { bytes: frameBytes, samples, sampleRate, layer, bitRate };
}

const ADTS_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];

/** The ADTS frame at an offset, or null. */
export function adtsFrame(bytes: Uint8Array, at: number): Frame | null {
  if (bytes.length < at + 7 || bytes[at] !== 0xff || ((bytes[at + 1] ?? 0) & 0xf6) !== 0xf0) return null;
  const [b2 = 0, b3 = 0, b4 = 0, b5 = 0, b6 = 0] = bytes.subarray(at + 2, at + 7);
  const sampleRate = ADTS_RATES[(b2 >> 2) & 15];
  const frameBytes = ((b3 & 3) << 11) | (b4 << 3) | (b5 >> 5);
  if (sampleRate === undefined || frameBytes < 7) return null;
  return { bytes: frameBytes, samples: 1024 * ((b6 & 3) + 1), sampleRate, layer: 0, bitRate: 0 };
}
