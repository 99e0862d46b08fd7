// Counts what a process flushes to disk: preloaded into the server, it adds up fsync and fdatasync in a file that the
// benchmark reads (PARLEY_BENCH_FSYNCS names it: one 64-bit counter in the machine's byte order).

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic uint64_t* counter;

__attribute__((constructor)) static void open_counter(void) {
  const char* path = getenv("PARLEY_BENCH_FSYNCS");
  int descriptor = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
  if (descriptor < 0 || ftruncate(descriptor, sizeof(uint64_t)) != 0) return;
  void* page = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  close(descriptor);
  if (page != MAP_FAILED) counter = page;
}

static int counted(const char* name, int descriptor) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  if (counter) atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
  return real(descriptor);
}

int fsync(int descriptor) { return counted("fsync", descriptor); }
int fdatasync(int descriptor) { return counted("fdatasync", descriptor); }
