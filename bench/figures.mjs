// What the kernel says of a process: CPU time, memory, flushes.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** CPU time of all threads so far, in µs; finer than the ticks of /proc/PID/stat. */
export function cpuUs(pid) {
  let nanoseconds = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      // a thread that has just ended
    }
  }
  return nanoseconds / 1000;
}

function statusKib(pid, name) {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

const BYTES_PER_KIB = 1024;

export const residentMb = (pid) => (statusKib(pid, 'VmRSS') * BYTES_PER_KIB) / 1e6;
export const peakMb = (pid) => (statusKib(pid, 'VmHWM') * BYTES_PER_KIB) / 1e6;

/** Begins the peak of memory anew. */
export function forgetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** The count that fsync_counter.c keeps in this file. */
export function fsyncsIn(file) {
  return existsSync(file) ? Number(readFileSync(file).readBigUInt64LE()) : 0;
}

/** The value that `part` of all values don't exceed. */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

export const median = (values) => quantile(values, 0.5);
