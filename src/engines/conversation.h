#pragma once
// The messages of a request to Anthropic's Messages API (https://docs.anthropic.com/en/api/messages): what the system
// says apart, the others by turns. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace parley::engines {

enum class Speaker { user, assistant };

/// What one speaker says in a row becomes one message, as the API wants it of the results of several tools.
class Conversation {
 public:
  /// Joined by line feeds, wherever they stood.
  void add_system(std::string_view text);
  /// An empty text is none: the API refuses it.
  void add_text(Speaker speaker, std::string_view text);
  /// `block` is a content block, written as JSON.
  void add_block(Speaker speaker, std::string_view block);

  /// Appends ,"system":"…" where there is any, and ,"messages":[…].
  void write(std::string& body) const;

 private:
  struct Turn {
    Speaker speaker;
    std::string blocks;
  };

  std::string system_;
  std::vector<Turn> turns_;
};

}  // namespace parley::engines
