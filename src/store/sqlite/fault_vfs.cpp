#include "store/sqlite/fault_vfs.h"

#include <new>

namespace parley::store::sqlite {
namespace {

/// The true file lies right behind, in memory that SQLite provides (sqlite3_vfs::szOsFile).
struct FaultFile {
  sqlite3_file base;
  FaultVfs* vfs;

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

FaultFile& fault_file(sqlite3_file* file) {
  return *reinterpret_cast<FaultFile*>(file);
}

/// Hands a call on to the true file.
template <auto method, class... Arguments>
auto pass_on(sqlite3_file* file, Arguments... arguments) {
  sqlite3_file* real = fault_file(file).real();
  return (real->pMethods->*method)(real, arguments...);
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const int fault = fault_file(file).vfs->before_write();
  return fault != FaultVfs::no_fault ? fault : pass_on<&sqlite3_io_methods::xWrite>(file, bytes, size, offset);
}

int sync(sqlite3_file* file, int flags) {
  const int fault = fault_file(file).vfs->before_sync();
  return fault != FaultVfs::no_fault ? fault : pass_on<&sqlite3_io_methods::xSync>(file, flags);
}

using Methods = sqlite3_io_methods;

constexpr Methods methods{
    .iVersion = 2,
    .xClose = [](sqlite3_file* f) { return pass_on<&Methods::xClose>(f); },
    .xRead = [](sqlite3_file* f, void* b, int n, sqlite3_int64 at) { return pass_on<&Methods::xRead>(f, b, n, at); },
    .xWrite = write,
    .xTruncate = [](sqlite3_file* f, sqlite3_int64 size) { return pass_on<&Methods::xTruncate>(f, size); },
    .xSync = sync,
    .xFileSize = [](sqlite3_file* f, sqlite3_int64* size) { return pass_on<&Methods::xFileSize>(f, size); },
    .xLock = [](sqlite3_file* f, int level) { return pass_on<&Methods::xLock>(f, level); },
    .xUnlock = [](sqlite3_file* f, int level) { return pass_on<&Methods::xUnlock>(f, level); },
    .xCheckReservedLock = [](sqlite3_file* f, int* out) { return pass_on<&Methods::xCheckReservedLock>(f, out); },
    .xFileControl = [](sqlite3_file* f, int op, void* arg) { return pass_on<&Methods::xFileControl>(f, op, arg); },
    .xSectorSize = [](sqlite3_file* f) { return pass_on<&Methods::xSectorSize>(f); },
    .xDeviceCharacteristics = [](sqlite3_file* f) { return pass_on<&Methods::xDeviceCharacteristics>(f); },
    .xShmMap = [](sqlite3_file* f, int page, int size, int extend,
                  void volatile** at) { return pass_on<&Methods::xShmMap>(f, page, size, extend, at); },
    .xShmLock = [](sqlite3_file* f, int offset, int n,
                   int flags) { return pass_on<&Methods::xShmLock>(f, offset, n, flags); },
    .xShmBarrier = [](sqlite3_file* f) { pass_on<&Methods::xShmBarrier>(f); },
    .xShmUnmap = [](sqlite3_file* f, int remove) { return pass_on<&Methods::xShmUnmap>(f, remove); },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

}  // namespace

FaultVfs::FaultVfs() : name_("fault-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))) {
  const sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
  vfs_ = *real;
  vfs_.zName = name_.c_str();
  vfs_.szOsFile = static_cast<int>(sizeof(FaultFile)) + real->szOsFile;
  vfs_.xOpen = &FaultVfs::open_file;
  // The other methods of the operating system's VFS look at pAppData only in xOpen.
  vfs_.pAppData = this;
  sqlite3_vfs_register(&vfs_, 0);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&vfs_);
}

int FaultVfs::open_file(sqlite3_vfs* vfs, const char* file, sqlite3_file* opened, int flags, int* flags_out) {
  auto* own = new (opened) FaultFile{.base = {}, .vfs = static_cast<FaultVfs*>(vfs->pAppData)};
  sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
  const int code = real->xOpen(real, file, own->real(), flags, flags_out);
  if (own->real()->pMethods != nullptr) own->base.pMethods = &methods;
  return code;
}

int FaultVfs::before_sync() noexcept {
  ++syncs;
  std::unique_lock lock(mutex_);
  ++waiting_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !gate_closed_; });
  --waiting_;
  return sync_fault;
}

void FaultVfs::close_gate() {
  const std::lock_guard lock(mutex_);
  gate_closed_ = true;
}

void FaultVfs::await_sync_at_gate() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_ > 0; });
}

void FaultVfs::open_gate() {
  {
    const std::lock_guard lock(mutex_);
    gate_closed_ = false;
  }
  changed_.notify_all();
}

}  // namespace parley::store::sqlite
