#pragma once
// The beginning of a text, for lists.

#include <cstddef>
#include <string>
#include <string_view>

namespace parley::text {

/// The first line of `text` that is not blank, without white space around it. Beyond `bytes_max` it is cut between two
/// characters as readers see them (extended grapheme clusters, Unicode Standard Annex 29), with "…" on top; between two
/// code points where the first character alone is longer. What is not UTF-8 ends it.
std::string beginning_of(std::string_view text, std::size_t bytes_max);

}  // namespace parley::text
