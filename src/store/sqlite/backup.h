#pragma once
// A copy of the database in one file, made beside a running server, and the way back.

#include <filesystem>

#include "base/error.h"
#include "store/verify_report.h"

namespace parley::store::sqlite {

/// Copies the database in `folder` to `file`, as it was at one moment: with everything that was answered before,
/// whatever is written meanwhile. `file` appears whole and synced, or not at all; it has been checked (verify()), and
/// the report of that is returned. Beside a server, the log is not carried over while the copy is made.
///
/// `conflict` where `file` exists; `store_unavailable` where there is no database, it or the copy can't be read or
/// written, or the copy is unsound (it is removed then). With a sentence for the operator.
base::Result<VerifyReport> back_up(const std::filesystem::path& folder, const std::filesystem::path& file);

/// Makes the database of `folder` out of a backup that is sound. What happened since the backup was made is lost:
/// charges, accounts, and which credentials were ended.
///
/// `conflict` where the folder has a database, or a server has the folder; `store_unavailable` as above.
base::Result<VerifyReport> restore(const std::filesystem::path& file, const std::filesystem::path& folder);

}  // namespace parley::store::sqlite
