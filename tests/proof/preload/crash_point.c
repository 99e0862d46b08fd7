// Kills a process in the middle of one chosen call: preloaded into the server, it counts the writes and syncs of the
// files that are named to it and, at the one that it was told, ends the process as kill -9 does.
//
//   CRASH_POINT_FILES  a pattern (fnmatch(3), extended) that the file's base name must match
//   CRASH_POINT_CALLS  "write" (pwrite, ftruncate), "sync" (fsync, fdatasync) or "any" of these
//   CRASH_POINT_AT     which of the calls that match, from 1
//   CRASH_POINT_WHEN   "before" the call, "after" it has returned, or "torn": half of what was to be written is

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum kind { a_write, a_sync };
enum when { before, torn, after };

static const char* files;
static bool kinds[2];
static enum when when;
static uint64_t at;
static _Atomic uint64_t counted;

__attribute__((constructor)) static void read_settings(void) {
  const char* calls = getenv("CRASH_POINT_CALLS");
  const char* which = getenv("CRASH_POINT_AT");
  const char* moment = getenv("CRASH_POINT_WHEN");
  files = getenv("CRASH_POINT_FILES");
  if (!files || !calls || !which || !moment) abort();
  kinds[a_write] = strcmp(calls, "sync") != 0;
  kinds[a_sync] = strcmp(calls, "write") != 0;
  when = strcmp(moment, "after") == 0 ? after : strcmp(moment, "torn") == 0 ? torn : before;
  at = strtoull(which, NULL, 10);
}

/// Asked anew for each call: a descriptor's number goes from file to file.
static bool matches(int descriptor) {
  char link[64];
  char path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return false;
  path[length] = '\0';
  const char* slash = strrchr(path, '/');
  return slash != NULL && fnmatch(files, slash + 1, FNM_EXTMATCH) == 0;
}

/// Whether this call is the one.
static bool chosen(enum kind kind, int descriptor) {
  return at != 0 && kinds[kind] && matches(descriptor) && atomic_fetch_add(&counted, 1) + 1 == at;
}

static void die(void) {
  static const char mark[] = "crash point reached\n";
  if (write(STDERR_FILENO, mark, sizeof mark - 1) < 0) abort();
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static int synced(const char* name, int descriptor) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  const bool here = chosen(a_sync, descriptor);
  if (here && when != after) die();
  const int result = real(descriptor);
  if (here) die();
  return result;
}

static ssize_t written(const char* name, int descriptor, const void* bytes, size_t size, off64_t offset) {
  ssize_t (*real)(int, const void*, size_t, off64_t) =
      (ssize_t (*)(int, const void*, size_t, off64_t))dlsym(RTLD_NEXT, name);
  const bool here = chosen(a_write, descriptor);
  if (here && when == before) die();
  const ssize_t result = real(descriptor, bytes, here && when == torn ? size / 2 : size, offset);
  if (here) die();
  return result;
}

static int cut(const char* name, int descriptor, off64_t size) {
  int (*real)(int, off64_t) = (int (*)(int, off64_t))dlsym(RTLD_NEXT, name);
  const bool here = chosen(a_write, descriptor);
  if (here && when != after) die();
  const int result = real(descriptor, size);
  if (here) die();
  return result;
}

int fsync(int descriptor) { return synced("fsync", descriptor); }
int fdatasync(int descriptor) { return synced("fdatasync", descriptor); }
ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  return written("pwrite", descriptor, bytes, size, offset);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t offset) {
  return written("pwrite64", descriptor, bytes, size, offset);
}
int ftruncate(int descriptor, off_t size) { return cut("ftruncate", descriptor, size); }
int ftruncate64(int descriptor, off64_t size) { return cut("ftruncate64", descriptor, size); }
