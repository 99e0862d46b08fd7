#include "store/sqlite/failure.h"

#include <sqlite3.h>

namespace parley::store::sqlite {

Severity severity_of(int extended_code) noexcept {
  switch (extended_code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:  // the log's locks were taken for too long
    case SQLITE_NOMEM: return Severity::passing;
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_NOLFS: return Severity::final;
    default: return Severity::statement;
  }
}

}  // namespace parley::store::sqlite
