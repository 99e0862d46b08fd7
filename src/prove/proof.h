#pragma once
// The proof: races a server whose engine is killed again and again, stops it, and holds its books against what the
// clients were told.

#include <chrono>
#include <functional>

#include "base/error.h"
#include "prove/plan.h"
#include "prove/report.h"
#include "prove/subject.h"

namespace parley::prove {

/// Whether the race is to end before its time; waits that long for it.
using StopWithin = std::function<bool(std::chrono::milliseconds patience)>;

/// An error where it could not be carried out.
base::Result<Findings> run(const Plan& plan, const StartSubject& start_subject, const StopWithin& stop_within);

}  // namespace parley::prove
