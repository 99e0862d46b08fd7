#pragma once
// Texts that are the same to their readers: in compatible forms, and in any case.

#include <optional>
#include <string>
#include <string_view>

namespace parley::text {

/// `text` in Unicode's normal form NFKC; nothing where it is not UTF-8.
std::optional<std::string> compatible(std::string_view text);

/// Equal for texts that differ only in case or compatible forms: a fixed point of NFKC after case folding (Unicode 15,
/// section 3.13, D146), so that it is caseless itself. Nothing where `text` is not UTF-8.
std::optional<std::string> caseless(std::string_view text);

/// Whether `part` is in `text`, byte by byte. Takes no more than a time in proportion to both, whatever they are.
bool contains(std::string_view text, std::string_view part) noexcept;

}  // namespace parley::text
