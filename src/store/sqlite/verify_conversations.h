#pragma once
// The part of verify() that is about conversations and what turns record beside their texts.

#include "base/error.h"
#include "store/sqlite/connection.h"
#include "store/verify_report.h"

namespace parley::store::sqlite {

/// Goes through the turns and the titles.
base::Result<void> check_conversations(Connection& connection, VerifyReport& report);

}  // namespace parley::store::sqlite
