#pragma once
// What a username may be, and when two are the same.

#include <string>
#include <string_view>

#include "base/error.h"

namespace parley::accounts {

struct Username {
  std::string shown;  ///< as given, in Unicode's normal form NFKC
  std::string key;    ///< equal for two names that differ only in case or compatible forms
};

/// 1–150 code points once normalised: letters of any script, with their combining marks, decimal digits and @ . + - _
/// Characters that show nothing (Default_Ignorable_Code_Point) are refused: two names that look the same would differ.
/// The key is a fixed point of NFKC after case folding (Unicode 15, section 3.13, D146), so keys of keys are keys.
///
/// `invalid_input` with field "username" and Django REST framework's sentence.
base::Result<Username> parse_username(std::string_view text);

}  // namespace parley::accounts
