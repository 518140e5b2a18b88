/** Names of slots. Jobs are sent to the downloaders of `slot-0` and `page-0`; the one of `pull-NAME` fetches them. Imports nothing. */

/** A slot of the fleet: any source, or with PAGE_SLOTS files only. */
const SLOT = 'slot-';
/** A slot that runs only what a slot for files has found to be a page. */
const PAGE_SLOT = 'page-';
const MEMBER_SLOT = 'pull-';

/** Slots of one of several databases: each number belongs to the database `number % databases`. */
export interface SlotShare {
  database: number;
  databases: number;
}

/** How many slots of each kind there are, and which of them are meant; without a share, all. */
export interface FleetSize {
  DOWNLOADER_SLOTS: number;
  PAGE_SLOTS: number;
  share?: SlotShare | undefined;
}

/** The slots that jobs are sent to. */
export function fleetSlots({ DOWNLOADER_SLOTS, PAGE_SLOTS, share }: FleetSize): string[] {
  return [...slotsOf(SLOT, DOWNLOADER_SLOTS, share), ...slotsOf(PAGE_SLOT, PAGE_SLOTS, share)];
}

function slotsOf(prefix: string, count: number, share?: SlotShare): string[] {
  const numbers = Array.from({ length: count }, (_, index) => index);
  const own = share ? numbers.filter((number) => number % share.databases === share.database) : numbers;
  return own.map((number) => `${prefix}${number}`);
}

/** How the names of the slots of a kind begin: a number follows. */
export function slotPrefix({ pages }: { pages: boolean }): string {
  return pages ? PAGE_SLOT : SLOT;
}

/** The slot of a fleet member, whose downloader fetches its jobs and may run anywhere on the internet. */
export function memberSlot(name: string): string {
  return `${MEMBER_SLOT}${name}`;
}

export function isMemberSlot(slot: string): boolean {
  return slot.startsWith(MEMBER_SLOT);
}

/** The slot for pages with this number, or a pattern of all of them. */
export function pageSlot(number: number | '%'): string {
  return `${PAGE_SLOT}${number}`;
}

export function isPageSlot(slot: string): boolean {
  return slot.startsWith(PAGE_SLOT);
}

/** Whether the slot takes this kind of job. */
export function takesKind(slot: string, isPage: boolean, { PAGE_SLOTS }: FleetSize): boolean {
  return PAGE_SLOTS === 0 || isMemberSlot(slot) || isPageSlot(slot) === isPage;
}

/** Whether the slot leaves pages to others. */
export function isFileSlot(slot: string, { PAGE_SLOTS }: FleetSize): boolean {
  return PAGE_SLOTS > 0 && slot.startsWith(SLOT);
}

/** The number in the name; throws for the slot of a downloader that fetches its jobs and cannot be called. */
export function slotNumber(slot: string): number {
  const number = /^(?:slot|page)-(\d+)$/.exec(slot)?.[1];
  if (number === undefined) throw new Error(`${slot} fetches its jobs and takes no calls`);
  return Number(number);
}
