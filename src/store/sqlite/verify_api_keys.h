#pragma once
// The part of verify() that is about API keys.

#include "base/error.h"
#include "store/sqlite/connection.h"
#include "store/verify_report.h"

namespace parley::store::sqlite {

/// Holds what each key has spent against its account's entries, as of one moment per account.
base::Result<void> check_api_keys(Connection& connection, VerifyReport& report);

}  // namespace parley::store::sqlite
