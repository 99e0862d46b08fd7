#pragma once
// What an SQLite result code means for the writer: whose fault it is, and whether to go on.

#include <string>

namespace parley::store::sqlite {

enum class Severity {
  statement,  ///< the fault of the one operation that ran
  passing,    ///< nothing can be committed now: a full disk, a foreign lock, no memory
  final,      ///< an I/O error or damage: what is on disk is no longer known, and an fsync is never tried twice
};

/// For an extended result code (https://www.sqlite.org/rescode.html).
Severity severity_of(int extended_code) noexcept;

struct Failure {
  int extended_code = 0;
  std::string what;  ///< SQLite's message and what was being done; no values, only SQL

  Severity severity() const noexcept { return severity_of(extended_code); }
};

}  // namespace parley::store::sqlite
