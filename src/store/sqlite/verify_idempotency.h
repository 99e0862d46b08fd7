#pragma once
// The part of verify() that is about idempotency records.

#include "base/error.h"
#include "store/sqlite/connection.h"
#include "store/verify_report.h"

namespace parley::store::sqlite {

/// Holds each record against its turn and against the other records.
base::Result<void> check_idempotency(Connection& connection, VerifyReport& report);

}  // namespace parley::store::sqlite
