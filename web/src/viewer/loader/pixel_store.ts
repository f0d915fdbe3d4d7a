/**
 * Keeps received ranges on the device, by object name and offset, so that opening a series again downloads nothing.
 * Objects are immutable and named by their content: what is here under a name is right, or its checksum fails.
 */
export interface StoredRange {
  start: number;
  bytes: number;
}

/**
 * A store that fails behaves as an empty one: the pictures still come from the network. Writing the same range twice
 * leaves one. Nothing is ever thrown.
 */
export interface PixelStore {
  /** Begins to open what is needed, so that the first question does not wait for it. */
  warm(): void;
  ranges(object: string): Promise<StoredRange[]>;
  read(object: string, range: StoredRange): Promise<Uint8Array | null>;
  /** @returns whether the bytes are now kept. */
  write(object: string, start: number, bytes: Uint8Array): Promise<boolean>;
  remove(object: string, range: StoredRange): Promise<void>;
  /** Marks objects as just used and removes the longest unused ones above the size limit. */
  touch(objects: readonly string[]): Promise<void>;
  clear(): Promise<void>;
}

const DATABASE = "lightbox-pixels";
const RANGES = "ranges"; // key [object, start, bytes], value ArrayBuffer
const USED = "used"; // key object, value epoch ms
const LIMIT_BYTES = 1 << 30;
/** At most this part of what the browser grants us. */
const LIMIT_SHARE = 0.4;

type RangeKey = [object: string, start: number, bytes: number];

export function createPixelStore(factory: IDBFactory | undefined, now: () => number = Date.now): PixelStore {
  let opening: Promise<IDBDatabase | null> | null = null;
  const open = () => (opening ??= openDatabase(factory));

  async function run<T>(mode: IDBTransactionMode, fallback: T, work: (tx: IDBTransaction) => Promise<T>): Promise<T> {
    try {
      const db = await open();
      return db ? await work(db.transaction([RANGES, USED], mode)) : fallback;
    } catch {
      return fallback; // a full disk, a private window, a database closed by the browser
    }
  }

  const keysOf = (tx: IDBTransaction, object: string) =>
    done(tx.objectStore(RANGES).getAllKeys(IDBKeyRange.bound([object], [object, []]))) as Promise<RangeKey[]>;

  return {
    warm: () => void open(),
    ranges: (object) =>
      run("readonly", [], async (tx) => (await keysOf(tx, object)).map(([, start, bytes]) => ({ start, bytes }))),
    read: (object, { start, bytes }) =>
      run("readonly", null, async (tx) => {
        const buffer = (await done(tx.objectStore(RANGES).get([object, start, bytes]))) as ArrayBuffer | undefined;
        return buffer ? new Uint8Array(buffer) : null;
      }),
    write: (object, start, bytes) =>
      run("readwrite", false, async (tx) => {
        tx.objectStore(RANGES).put(bytes.slice().buffer, [object, start, bytes.length]);
        tx.objectStore(USED).put(now(), object);
        await finished(tx);
        return true;
      }),
    remove: (object, { start, bytes }) =>
      run("readwrite", undefined, async (tx) => {
        tx.objectStore(RANGES).delete([object, start, bytes]);
        await finished(tx);
      }),
    touch: async (objects) => {
      const limit = await limitBytes();
      await run("readwrite", undefined, async (tx) => {
        for (const object of objects) tx.objectStore(USED).put(now(), object);
        await evict(tx, limit);
        await finished(tx);
      });
    },
    clear: () =>
      run("readwrite", undefined, async (tx) => {
        tx.objectStore(RANGES).clear();
        tx.objectStore(USED).clear();
        await finished(tx);
      }),
  };
}

async function evict(tx: IDBTransaction, limit: number): Promise<void> {
  const keys = (await done(tx.objectStore(RANGES).getAllKeys())) as RangeKey[];
  const names = (await done(tx.objectStore(USED).getAllKeys())) as string[];
  const times = (await done(tx.objectStore(USED).getAll())) as number[];
  const sizes = new Map<string, number>();
  for (const [object, , bytes] of keys) sizes.set(object, (sizes.get(object) ?? 0) + bytes);
  const used = new Map(names.map((name, i) => [name, times[i] as number]));
  for (const object of toEvict(sizes, used, limit)) {
    tx.objectStore(RANGES).delete(IDBKeyRange.bound([object], [object, []]));
    tx.objectStore(USED).delete(object);
  }
}

/** @returns the objects to remove, longest unused first, so that the rest fits into `limit` bytes. */
export function toEvict(sizes: ReadonlyMap<string, number>, used: ReadonlyMap<string, number>, limit: number): string[] {
  let total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  const evicted: string[] = [];
  const oldest = [...sizes.keys()].sort((a, b) => (used.get(a) ?? 0) - (used.get(b) ?? 0));
  for (const object of oldest) {
    if (total <= limit) break;
    evicted.push(object);
    total -= sizes.get(object)!;
  }
  return evicted;
}

async function limitBytes(): Promise<number> {
  const quota = (await globalThis.navigator?.storage?.estimate?.().catch(() => undefined))?.quota;
  return quota ? Math.min(LIMIT_BYTES, quota * LIMIT_SHARE) : LIMIT_BYTES;
}

function openDatabase(factory: IDBFactory | undefined): Promise<IDBDatabase | null> {
  return new Promise((resolve) => {
    if (!factory) return resolve(null);
    let request: IDBOpenDBRequest;
    try {
      request = factory.open(DATABASE, 1);
    } catch {
      return resolve(null);
    }
    request.onupgradeneeded = () => {
      request.result.createObjectStore(RANGES);
      request.result.createObjectStore(USED);
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => resolve(null);
    request.onblocked = () => resolve(null);
  });
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB"));
  });
}

function finished(tx: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(tx.error ?? new Error("IndexedDB"));
    tx.onerror = () => reject(tx.error ?? new Error("IndexedDB"));
  });
}

/** Removes every picture from this device: at sign-out, and when a share ends. */
export async function clearPixelStore(): Promise<void> {
  await createPixelStore(globalThis.indexedDB).clear();
}
