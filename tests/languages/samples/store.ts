/** A store of events, typed by their name. */
import type { Clock } from "./clock";
import { EventEmitter as Emitter } from "node:events";
import * as path from "path";
import defaults from "./defaults.json";
import legacy = require("legacy-store");

export const VERSION = "1.2.0";

export type Listener<T> = (event: T) => void;

/** What every store can do. */
export interface Store<T> extends Iterable<T> {
  readonly size: number;
  add(event: T): void;
  on?(name: string, listener: Listener<T>): () => void;
}

export enum Level {
  Debug = "debug",
  Info = "info",
}

declare module "legacy-store" {
  export function open(file: string): unknown;
}

namespace Paths {
  export const root = path.resolve(".");
}

@sealed
export abstract class MemoryStore<T extends object> extends Emitter implements Store<T> {
  private readonly events: T[] = [];
  static count = 0;

  constructor(private clock: Clock, readonly level: Level = Level.Info) {
    super();
  }

  get size(): number {
    return this.events.length;
  }

  // Keeps the event and tells everybody.
  @logged("add")
  add(event: T): void {
    if (this.size >= defaults.limit) {
      throw new RangeError(`full at ${this.clock.now()}`);
    }
    this.events.push(event);
    this.emit("add", event as unknown);
  }

  abstract flush(): Promise<void>;

  *[Symbol.iterator](): Iterator<T> {
    yield* this.events;
  }
}

export async function open<T extends object>(file: string): Promise<Store<T>> {
  const found = await legacy.open(path.join(Paths.root, file));
  return found as Store<T>;
}

export const isStore = (value: unknown): value is Store<object> => {
  return typeof value === "object" && value !== null && "size" in value;
};
