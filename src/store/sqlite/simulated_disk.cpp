#include "store/sqlite/simulated_disk.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

namespace parley::store::sqlite {
namespace {

std::size_t at(DiskCall call) {
  return static_cast<std::size_t>(call);
}

/// Marsaglia's xorshift32: the same on every machine.
std::uint32_t draw(std::uint32_t& state) {
  state ^= state << 13U;
  state ^= state >> 17U;
  state ^= state << 5U;
  return state;
}

int code_of(DiskFault fault, int io_error) {
  switch (fault) {
    case DiskFault::none: return SQLITE_OK;
    case DiskFault::io_error:
    case DiskFault::short_write: return io_error;
    case DiskFault::full: return SQLITE_FULL;
    case DiskFault::locked: return SQLITE_BUSY;
  }
  return io_error;
}

}  // namespace

/// The methods that SQLite calls, and the handle that they get.
struct DiskMethods {
  struct Handle {
    sqlite3_file base;
    SimulatedDisk* disk;
    std::shared_ptr<SimulatedDisk::File>* file;
    std::string* remove_at_close;
    int power_cycle;
    int level;
    unsigned shm_shared;
    unsigned shm_exclusive;
  };

  static Handle& handle(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
  static SimulatedDisk& disk(sqlite3_vfs* vfs) { return *static_cast<SimulatedDisk*>(vfs->pAppData); }
  static bool dead(const Handle& handle) {
    return !handle.disk->powered_ || handle.power_cycle != handle.disk->power_cycles_;
  }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* opened, int flags, int* flags_out) {
    SimulatedDisk& disk = DiskMethods::disk(vfs);
    const std::lock_guard lock(disk.mutex_);
    auto& handle = *new (opened) Handle{};
    const std::string path = name != nullptr ? name : "temporary-" + std::to_string(disk.calls_[at(DiskCall::open)]);
    const auto found = disk.files_.find(path);
    const bool exists = found != disk.files_.end() && found->second->exists;
    // A database is there when it is opened: the keeper has made an empty file.
    const bool may_make = (flags & (SQLITE_OPEN_CREATE | SQLITE_OPEN_MAIN_DB)) != 0;
    if (!exists && !may_make) return SQLITE_CANTOPEN;
    const DiskFault fault = disk.next(DiskCall::open);
    if (fault != DiskFault::none || !disk.powered_) return SQLITE_CANTOPEN;
    auto& file = disk.files_[path];
    if (!file) file = std::make_shared<SimulatedDisk::File>();
    if (!exists) {
      file->bytes.clear();
      file->unsynced.push_back({.offset = 0, .bytes = {}, .truncate = 0});
      file->exists = true;
    }
    handle.disk = &disk;
    handle.file = new std::shared_ptr<SimulatedDisk::File>(file);
    handle.remove_at_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0 ? new std::string(path) : nullptr;
    handle.power_cycle = disk.power_cycles_;
    handle.base.pMethods = &methods;
    if (flags_out != nullptr) *flags_out = flags;
    return SQLITE_OK;
  }

  static int close(sqlite3_file* file) {
    Handle& handle = DiskMethods::handle(file);
    unlock(file, SQLITE_LOCK_NONE);
    const std::lock_guard lock(handle.disk->mutex_);
    if (handle.remove_at_close != nullptr) handle.disk->files_.erase(*handle.remove_at_close);
    delete handle.remove_at_close;
    delete handle.file;
    handle.file = nullptr;
    return SQLITE_OK;
  }

  static int read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
    Handle& handle = DiskMethods::handle(file);
    const std::lock_guard lock(handle.disk->mutex_);
    if (handle.disk->next(DiskCall::read) != DiskFault::none || dead(handle)) return SQLITE_IOERR_READ;
    const auto& bytes = (*handle.file)->bytes;
    const auto begin = std::min(bytes.size(), static_cast<std::size_t>(offset));
    const auto count = std::min(bytes.size() - begin, static_cast<std::size_t>(size));
    std::memset(to, 0, static_cast<std::size_t>(size));
    if (count > 0) std::memcpy(to, bytes.data() + begin, count);
    return count == static_cast<std::size_t>(size) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }

  static int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    Handle& handle = DiskMethods::handle(file);
    const std::lock_guard lock(handle.disk->mutex_);
    const bool was_powered = handle.disk->powered_;
    const DiskFault fault = handle.disk->next(DiskCall::write);
    const bool goes_out_now = was_powered && !handle.disk->powered_ && handle.power_cycle == handle.disk->power_cycles_;
    if (dead(handle) && !goes_out_now) return SQLITE_IOERR_WRITE;
    if (fault == DiskFault::none || fault == DiskFault::short_write) {
      const auto* bytes = static_cast<const std::byte*>(from);
      const auto count = static_cast<std::size_t>(fault == DiskFault::short_write ? size / 2 : size);
      SimulatedDisk::Change change{
          .offset = static_cast<std::size_t>(offset), .bytes = {bytes, bytes + count}, .truncate = {}};
      SimulatedDisk::apply((*handle.file)->bytes, change);
      (*handle.file)->unsynced.push_back(std::move(change));
    }
    return goes_out_now ? SQLITE_IOERR_WRITE : code_of(fault, SQLITE_IOERR_WRITE);
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    Handle& handle = DiskMethods::handle(file);
    const std::lock_guard lock(handle.disk->mutex_);
    const DiskFault fault = handle.disk->next(DiskCall::truncate);
    if (fault != DiskFault::none || dead(handle)) return SQLITE_IOERR_TRUNCATE;
    SimulatedDisk::Change change{.offset = 0, .bytes = {}, .truncate = static_cast<std::size_t>(size)};
    SimulatedDisk::apply((*handle.file)->bytes, change);
    (*handle.file)->unsynced.push_back(std::move(change));
    return SQLITE_OK;
  }

  static int sync(sqlite3_file* file, int) {
    Handle& handle = DiskMethods::handle(file);
    const std::lock_guard lock(handle.disk->mutex_);
    const DiskFault fault = handle.disk->next(DiskCall::sync);
    if (fault != DiskFault::none || dead(handle)) return SQLITE_IOERR_FSYNC;
    SimulatedDisk::File& stored = **handle.file;
    for (const SimulatedDisk::Change& change : stored.unsynced) SimulatedDisk::apply(stored.durable, change);
    stored.unsynced.clear();
    if (!stored.exists_durably) handle.disk->sync_folder();
    return SQLITE_OK;
  }

  static int file_size(sqlite3_file* file, sqlite3_int64* size) {
    Handle& handle = DiskMethods::handle(file);
    const std::lock_guard lock(handle.disk->mutex_);
    if (dead(handle)) return SQLITE_IOERR_FSTAT;
    *size = static_cast<sqlite3_int64>((*handle.file)->bytes.size());
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
    SimulatedDisk& disk = DiskMethods::disk(vfs);
    const std::lock_guard lock(disk.mutex_);
    const auto found = disk.files_.find(name);
    if (found == disk.files_.end() || !found->second->exists) return SQLITE_IOERR_DELETE_NOENT;
    if (disk.next(DiskCall::remove) != DiskFault::none || !disk.powered_) return SQLITE_IOERR_DELETE;
    SimulatedDisk::File& file = *found->second;
    file.exists = false;
    if (sync_folder != 0) disk.sync_folder();
    return SQLITE_OK;
  }

  static int access(sqlite3_vfs* vfs, const char* name, int, int* there) {
    SimulatedDisk& disk = DiskMethods::disk(vfs);
    const std::lock_guard lock(disk.mutex_);
    if (!disk.powered_) return SQLITE_IOERR_ACCESS;
    const auto found = disk.files_.find(name);
    *there = found != disk.files_.end() && found->second->exists ? 1 : 0;
    return SQLITE_OK;
  }

  static int lock(sqlite3_file* file, int level) {
    Handle& handle = DiskMethods::handle(file);
    const std::lock_guard guard(handle.disk->mutex_);
    if (level <= handle.level) return SQLITE_OK;
    const DiskFault fault = handle.disk->next(DiskCall::lock);
    if (fault != DiskFault::none || dead(handle)) return code_of(fault, SQLITE_IOERR_LOCK);
    SimulatedDisk::File& stored = **handle.file;
    const auto others_have = [&](const void* who) { return who != nullptr && who != file; };
    if (others_have(stored.exclusive)) return SQLITE_BUSY;
    if (handle.level == SQLITE_LOCK_NONE) ++stored.shared_locks;
    handle.level = std::max(handle.level, SQLITE_LOCK_SHARED);
    if (level >= SQLITE_LOCK_RESERVED) {
      if (others_have(stored.reserved)) return SQLITE_BUSY;
      stored.reserved = file;
      handle.level = std::max(handle.level, SQLITE_LOCK_RESERVED);
    }
    if (level == SQLITE_LOCK_EXCLUSIVE) {
      if (stored.shared_locks > 1) return SQLITE_BUSY;
      stored.exclusive = file;
      handle.level = SQLITE_LOCK_EXCLUSIVE;
    }
    return SQLITE_OK;
  }

  static int unlock(sqlite3_file* file, int level) {
    Handle& handle = DiskMethods::handle(file);
    const std::lock_guard guard(handle.disk->mutex_);
    if (handle.level <= level) return SQLITE_OK;
    SimulatedDisk::File& stored = **handle.file;
    if (stored.exclusive == file) stored.exclusive = nullptr;
    if (stored.reserved == file) stored.reserved = nullptr;
    if (level == SQLITE_LOCK_NONE && handle.level != SQLITE_LOCK_NONE) --stored.shared_locks;
    handle.level = level;
    return SQLITE_OK;
  }

  static int check_reserved_lock(sqlite3_file* file, int* reserved) {
    Handle& handle = DiskMethods::handle(file);
    const std::lock_guard guard(handle.disk->mutex_);
    *reserved = (*handle.file)->reserved != nullptr ? 1 : 0;
    return SQLITE_OK;
  }

  static int shm_map(sqlite3_file* file, int region, int, int extend, void volatile** mapped) {
    Handle& handle = DiskMethods::handle(file);
    const std::lock_guard guard(handle.disk->mutex_);
    *mapped = nullptr;
    if (dead(handle)) return SQLITE_IOERR_SHMMAP;
    auto& regions = (*handle.file)->shm;
    while (extend != 0 && std::ssize(regions) <= region) {
      regions.push_back(std::make_unique<std::array<std::byte, 32'768>>());
    }
    if (region < std::ssize(regions)) *mapped = regions[static_cast<std::size_t>(region)]->data();
    return SQLITE_OK;
  }

  static int shm_lock(sqlite3_file* file, int first, int count, int flags) {
    Handle& handle = DiskMethods::handle(file);
    const std::lock_guard guard(handle.disk->mutex_);
    auto& locks = (*handle.file)->shm_locks;
    const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    if ((flags & SQLITE_SHM_LOCK) != 0) {
      const DiskFault fault = handle.disk->next(DiskCall::lock);
      if (fault != DiskFault::none || dead(handle)) return code_of(fault, SQLITE_IOERR_SHMLOCK);
      for (int i = first; i < first + count; ++i) {
        const auto& lock = locks[static_cast<std::size_t>(i)];
        const bool own_shared = (handle.shm_shared & (1U << static_cast<unsigned>(i))) != 0;
        if (lock.exclusive || (exclusive && lock.shared > (own_shared ? 1 : 0))) return SQLITE_BUSY;
      }
    }
    for (int i = first; i < first + count; ++i) {
      auto& lock = locks[static_cast<std::size_t>(i)];
      const unsigned bit = 1U << static_cast<unsigned>(i);
      unsigned& own = exclusive ? handle.shm_exclusive : handle.shm_shared;
      const bool had = (own & bit) != 0;
      const bool takes = (flags & SQLITE_SHM_LOCK) != 0;
      if (had == takes) continue;
      own ^= bit;
      if (exclusive)
        lock.exclusive = takes;
      else
        lock.shared += takes ? 1 : -1;
    }
    return SQLITE_OK;
  }

  static int shm_unmap(sqlite3_file* file, int remove) {
    Handle& handle = DiskMethods::handle(file);
    const std::lock_guard guard(handle.disk->mutex_);
    for (std::size_t i = 0; i < SQLITE_SHM_NLOCK; ++i) {
      auto& lock = (*handle.file)->shm_locks[i];
      if ((handle.shm_shared & (1U << i)) != 0) --lock.shared;
      if ((handle.shm_exclusive & (1U << i)) != 0) lock.exclusive = false;
    }
    handle.shm_shared = handle.shm_exclusive = 0;
    if (remove != 0) (*handle.file)->shm.clear();
    return SQLITE_OK;
  }

  static const sqlite3_io_methods methods;
};

const sqlite3_io_methods DiskMethods::methods{
    .iVersion = 2,
    .xClose = &DiskMethods::close,
    .xRead = &DiskMethods::read,
    .xWrite = &DiskMethods::write,
    .xTruncate = &DiskMethods::truncate,
    .xSync = &DiskMethods::sync,
    .xFileSize = &DiskMethods::file_size,
    .xLock = &DiskMethods::lock,
    .xUnlock = &DiskMethods::unlock,
    .xCheckReservedLock = &DiskMethods::check_reserved_lock,
    .xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; },
    .xSectorSize = [](sqlite3_file*) { return 4096; },
    // As the operating system's own VFS has it: a torn write leaves the bytes beside it alone.
    .xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; },
    .xShmMap = &DiskMethods::shm_map,
    .xShmLock = &DiskMethods::shm_lock,
    .xShmBarrier = [](sqlite3_file*) { std::atomic_thread_fence(std::memory_order_seq_cst); },
    .xShmUnmap = &DiskMethods::shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

SimulatedDisk::SimulatedDisk() : name_("simulated-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))) {
  vfs_ = *sqlite3_vfs_find(nullptr);  // names, time and randomness are the operating system's
  vfs_.zName = name_.c_str();
  vfs_.szOsFile = static_cast<int>(sizeof(DiskMethods::Handle));
  vfs_.pAppData = this;
  vfs_.xOpen = &DiskMethods::open;
  vfs_.xDelete = &DiskMethods::remove;
  vfs_.xAccess = &DiskMethods::access;
  vfs_.xSleep = [](sqlite3_vfs*, int microseconds) { return microseconds; };  // what is locked stays so
  sqlite3_vfs_register(&vfs_, 0);
}

SimulatedDisk::~SimulatedDisk() {
  sqlite3_vfs_unregister(&vfs_);
}

std::int64_t SimulatedDisk::calls(DiskCall call) const {
  const std::lock_guard lock(mutex_);
  return calls_[at(call)];
}

void SimulatedDisk::fail(DiskCall call, std::int64_t n, DiskFault fault, bool until_repaired) {
  const std::lock_guard lock(mutex_);
  plans_[at(call)] = {.at = calls_[at(call)] + n, .fault = fault, .until_repaired = until_repaired};
}

void SimulatedDisk::repair() {
  const std::lock_guard lock(mutex_);
  plans_ = {};
}

bool SimulatedDisk::has_failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

void SimulatedDisk::cut_power_at(std::int64_t n) {
  const std::lock_guard lock(mutex_);
  cut_at_ = changes_ + n;
}

void SimulatedDisk::cut_power() {
  const std::lock_guard lock(mutex_);
  powered_ = false;
  failed_ = true;
}

void SimulatedDisk::restore_power(Loss loss, std::uint32_t seed) {
  const std::lock_guard lock(mutex_);
  std::uint32_t random = seed * 2 + 1;
  std::map<std::string, std::shared_ptr<File>> left;
  for (auto& [path, file] : files_) {
    lose(*file, loss, random);
    if (!file->exists) continue;
    auto found = std::make_shared<File>();  // dead handles keep the old one
    found->bytes = found->durable = std::move(file->bytes);
    found->exists = found->exists_durably = true;
    left.emplace(path, std::move(found));
  }
  files_ = std::move(left);
  plans_ = {};
  cut_at_ = 0;
  ++power_cycles_;
  powered_ = true;
}

void SimulatedDisk::sync_folder() {
  for (auto& [path, file] : files_) file->exists_durably = file->exists;
}

void SimulatedDisk::apply(std::vector<std::byte>& bytes, const Change& change) {
  if (change.truncate) return bytes.resize(*change.truncate);
  if (bytes.size() < change.offset + change.bytes.size()) bytes.resize(change.offset + change.bytes.size());
  std::ranges::copy(change.bytes, bytes.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

void SimulatedDisk::tear(std::vector<std::byte>& bytes, const Change& change, std::uint32_t& random) {
  if (change.truncate) {
    if (draw(random) % 2 == 0) apply(bytes, change);
    return;
  }
  const std::size_t end = change.offset + change.bytes.size();
  for (std::size_t begin = change.offset; begin < end;) {
    const std::size_t next = std::min(end, (begin / sector_bytes + 1) * sector_bytes);
    const auto from = change.bytes.begin() + static_cast<std::ptrdiff_t>(begin - change.offset);
    const auto to = change.bytes.begin() + static_cast<std::ptrdiff_t>(next - change.offset);
    if (draw(random) % 2 == 0) apply(bytes, {.offset = begin, .bytes = {from, to}, .truncate = {}});
    begin = next;
  }
}

void SimulatedDisk::lose(File& file, Loss loss, std::uint32_t& random) {
  if (loss == Loss::nothing) return;
  file.bytes = file.durable;
  if (loss == Loss::torn) {
    for (const Change& change : file.unsynced) tear(file.bytes, change, random);
    if (file.exists != file.exists_durably) file.exists = draw(random) % 2 == 0;
  } else {
    file.exists = file.exists_durably;
  }
  file.unsynced.clear();
}

bool SimulatedDisk::changes_something(DiskCall call) const noexcept {
  return call == DiskCall::write || call == DiskCall::truncate || call == DiskCall::sync || call == DiskCall::remove;
}

DiskFault SimulatedDisk::next(DiskCall call) {
  if (!powered_) return DiskFault::none;  // the handle is dead
  ++calls_[at(call)];
  if (changes_something(call) && ++changes_ == cut_at_) {
    powered_ = false;
    failed_ = true;
    return DiskFault::none;
  }
  const Plan& plan = plans_[at(call)];
  const bool fails = plan.fault != DiskFault::none &&
                     (plan.until_repaired ? calls_[at(call)] >= plan.at : calls_[at(call)] == plan.at);
  if (!fails) return DiskFault::none;
  failed_ = true;
  return plan.fault;
}

}  // namespace parley::store::sqlite
