/** One to three workers; newest job first, since it is what the reader looks at now. */
import type { Answer, Job } from "./job";

export interface DecodePool {
  /** Resolves with the worker's answer; null when the job was dropped before its turn. */
  decode(job: Omit<Job, "id">): Promise<Answer | null>;
  /** Drops the jobs that have not begun. */
  forget(): void;
  close(): void;
}

interface Waiting {
  job: Job;
  resolve: (answer: Answer | null) => void;
}

export function createDecodePool(createWorker: () => Worker, size: number): DecodePool {
  const waiting: Waiting[] = [];
  const busy = new Map<Worker, Waiting>();
  const idle: Worker[] = [];
  let lastId = 0;
  for (let i = 0; i < size; i++) idle.push(start());

  function start(): Worker {
    const worker = createWorker();
    worker.onmessage = ({ data }: MessageEvent<Answer>) => finish(worker, data);
    worker.onerror = (event) => {
      const job = busy.get(worker)?.job;
      if (job) finish(worker, { id: job.id, failed: "undecodable", detail: event.message });
    };
    return worker;
  }

  function finish(worker: Worker, answer: Answer): void {
    busy.get(worker)?.resolve(answer);
    busy.delete(worker);
    idle.push(worker);
    next();
  }

  function next(): void {
    while (idle.length > 0 && waiting.length > 0) {
      const worker = idle.pop()!;
      const task = waiting.pop()!;
      busy.set(worker, task);
      worker.postMessage(task.job, task.job.parts.map((part) => part.bytes.buffer as ArrayBuffer));
    }
  }

  return {
    decode(request) {
      // A view of a large answer would be sent with all of it: each part gets a buffer of its own.
      const parts = request.parts.map((part) => ({ ...part, bytes: part.bytes.slice() }));
      return new Promise((resolve) => {
        waiting.push({ job: { ...request, parts, id: ++lastId }, resolve });
        next();
      });
    },
    forget() {
      for (const task of waiting.splice(0)) task.resolve(null);
    },
    close() {
      this.forget();
      for (const worker of [...idle, ...busy.keys()]) worker.terminate();
      for (const task of busy.values()) task.resolve(null);
    },
  };
}

/** Leaves a core to the page; a phone with two gets one worker. */
export function poolSize(cores: number): number {
  return Math.min(3, Math.max(1, cores - 1));
}
