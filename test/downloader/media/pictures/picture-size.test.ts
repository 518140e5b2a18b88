/** Sizes of pictures whose formats state them in their first bytes. */
import { expect, it } from 'vitest';
import { readHeifSize } from '../../../../downloader/media/pictures/heif-size.ts';
import { readHeadSize } from '../../../../downloader/media/pictures/picture-size.ts';
import { box, full, uint32 } from '../../../support/crafted-mp4.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');

function heic(...properties: Buffer[]): Buffer {
  const hdlr = full('hdlr', uint32(0), latin1('pict'), Buffer.alloc(13));
  const meta = full('meta', hdlr, box('iprp', box('ipco', ...properties)));
  return Buffer.concat([box('ftyp', latin1('heic\0\0\0\0mif1heic')), meta]);
}
const size = (width: number, height: number) => full('ispe', uint32(width, height));

const readSize = (container: string, head: Buffer) =>
  container === 'heif' ? readHeifSize(head) : readHeadSize(container, head);

/** A header of BMP with these bytes at offset 14. */
const bmp = (hex: string) => Buffer.concat([latin1('BM'), Buffer.alloc(12), Buffer.from(hex, 'hex')]);
const webp = (chunk: string, hex: string) =>
  Buffer.concat([latin1(`RIFF\0\0\0\0WEBP${chunk}\0\0\0\0`), Buffer.from(hex, 'hex')]);
const png = (...chunks: string[]) => Buffer.from(['89504e470d0a1a0a', ...chunks].join(''), 'hex');
const IHDR = '0000000d49484452000002800000012c';

it.each<[string, string, Buffer, [number, number]]>([
  ['PNG', 'png', png(IHDR), [640, 300]],
  ['PNG of Apple', 'png', png('0000000443674249500020020b34d3a8', IHDR), [640, 300]],
  ['GIF', 'gif', Buffer.concat([latin1('GIF89a'), Buffer.from('80022c01', 'hex')]), [640, 300]],
  ['BMP', 'bmp', bmp('28000000800200002c010000'), [640, 300]],
  ['BMP with rows from the top', 'bmp', bmp('2800000080020000d4feffff'), [640, 300]],
  ['BMP of the first version', 'bmp', bmp('0c00000080022c01'), [640, 300]],
  ['WebP with loss', 'webp', webp('VP8 ', '0000009d012a80422c41'), [640, 300]],
  ['WebP without loss', 'webp', webp('VP8L', '2f7fc24a00'), [640, 300]],
  ['extended WebP', 'webp', webp('VP8X', '000000007f02002b0100'), [640, 300]],
  ['HEIC', 'heif', heic(size(160, 75), box('hvcC'), size(640, 300), size(512, 300)), [640, 300]],
])('of %s is read', (_, container, head, [width, height]) => {
  expect(readSize(container, head)).toEqual({ width, height });
});

it.each([
  ['HEIC without a size', 'heif', heic(box('hvcC'))],
  ['HEIC without properties', 'heif', heic().subarray(0, 40)],
  ['WebP of another kind', 'webp', webp('VP9 ', '00')],
  ['an empty WebP', 'webp', Buffer.alloc(0)],
])('of %s is unknown', (_, container, head) => {
  expect(readSize(container, head)).toBeNull();
});

it('of a HEIC that is full of sizes is read in a few milliseconds', () => {
  const head = heic(...Array.from({ length: 3000 }, () => size(640, 480)));
  const startedMs = performance.now();
  expect(readHeifSize(head)).toEqual({ width: 640, height: 480 });
  expect(performance.now() - startedMs).toBeLessThan(200);
});

it('of a HEIC is refused when it has more boxes than fit into the head', () => {
  expect(() => readHeifSize(heic(...Array.from({ length: 9000 }, () => box('free'))))).toThrow(
    'media_unreadable',
  );
});
